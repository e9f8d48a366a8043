using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.Classifiers;

/// <summary>The classifiers by name, as users write them.</summary>
public static class Classifiers
{
    private sealed record Row(string Name, KeyMap Keys, Func<int, ImageShape, ulong, nn.Module<Tensor, Tensor>> Create);

    private static readonly Row[] Rows =
    [
        new("resnet18", KeyMap.Identity, (classes, input, _) => new ResNet(ResNetShape.OfDepth(18, classes, IsSmall(input), input.Channels))),
        new("resnet50", KeyMap.Identity, (classes, input, _) => new ResNet(ResNetShape.OfDepth(50, classes, IsSmall(input), input.Channels))),
        new("resnet101", KeyMap.Identity, (classes, input, _) => new ResNet(ResNetShape.OfDepth(101, classes, IsSmall(input), input.Channels))),
        new("resnet_ap10", KeyMap.Identity, (classes, input, _) => new PooledResNet(input, classes)),
        new("mobilenet_v2", KeyMap.Identity, (classes, input, seed) => new MobileNetV2(classes, input.Channels, seed)),
        new("efficientnet_b0", KeyMap.Identity, (classes, input, seed) => new EfficientNetB0(classes, input.Channels, seed)),
        new("swin_t", KeyMap.Identity, (classes, input, seed) => new SwinTransformer(classes, input.Channels, seed)),
        new("vit_b_16", VisionTransformer.Keys, (classes, input, _) => new VisionTransformer(new VisionTransformerShape(classes, Square(input), Channels: input.Channels))),
    ];

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Rows.Select(r => r.Name)];

    /// <summary>Builds a classifier with zero weights.</summary>
    /// <param name="name">One of <see cref="Names"/>; torchvision's, and "resnet_ap10".</param>
    /// <param name="classes">L.</param>
    /// <param name="input">Image shape; 3 x 224 x 224 if not given. Up to 64 pixels a ResNet begins with a 3x3 convolution and without pooling.</param>
    /// <param name="dropSeed">Seed of what dropout and stochastic depth drop in training.</param>
    /// <exception cref="UsageException">There is none of that name.</exception>
    /// <exception cref="BadInputException">The network does not take such images.</exception>
    public static nn.Module<Tensor, Tensor> Create(string name, int classes, ImageShape? input = null, ulong dropSeed = 0) => Find(name).Create(classes, input ?? new ImageShape(3, 224, 224), dropSeed);

    /// <summary>From the names in a published file to ours.</summary>
    /// <exception cref="UsageException">There is none of that name.</exception>
    public static KeyMap Keys(string name) => Find(name).Keys;

    private static Row Find(string name) =>
        Rows.FirstOrDefault(r => r.Name == name) ?? throw new UsageException($"classifier '{name}' is unknown: expected {string.Join(", ", Names)}.");

    private static bool IsSmall(ImageShape input) => Math.Max(input.Height, input.Width) <= 64;

    private static int Square(ImageShape input) => input.Height == input.Width && input.Height % 16 == 0
        ? input.Height
        : throw new BadInputException($"vit_b_16 takes square images whose side is a multiple of 16, found {input}. Choose another classifier.");
}

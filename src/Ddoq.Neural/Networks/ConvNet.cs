using Ddoq.Datasets;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks;

/// <summary>Shape of a <see cref="ConvNet"/>.</summary>
/// <param name="Input">Image shape.</param>
/// <param name="Classes">L.</param>
/// <param name="Width">Filters per layer; 128 in the DC protocol.</param>
/// <param name="Depth">Layers; 3 in the DC protocol.</param>
public sealed record ConvNetShape(ImageShape Input, int Classes, int Width = 128, int Depth = 3)
{
    /// <summary>Name as in tables: "ConvNet-3 w128".</summary>
    public override string ToString() => $"ConvNet-{Depth} w{Width}";
}

/// <summary>
/// ConvNet of the data set condensation protocol (Zhao et al. 2021): blocks of 3x3 convolution, instance norm, ReLU and
/// 2x2 average pooling, then one linear layer. Parameter names are those of the reference. 28x28 images are padded to 32x32 by the first layer.
/// </summary>
public sealed class ConvNet : nn.Module<Tensor, Tensor>
{
#pragma warning disable IDE1006
    private readonly Sequential features;
    private readonly Linear classifier;
#pragma warning restore IDE1006

    /// <summary>Builds the network with zero weights; see <see cref="Initialization.WithTorchDefaults{TModule}"/>.</summary>
    public ConvNet(ConvNetShape shape) : base(nameof(ConvNet))
    {
        Shape = shape;
        var (blocks, side) = Blocks(shape);
        features = nn.Sequential(blocks);
        classifier = nn.Linear(shape.Width * side.Height * side.Width, shape.Classes);
        RegisterComponents();
    }

    /// <summary>Shape of the network.</summary>
    public ConvNetShape Shape { get; }

    /// <summary>Images N x C x H x W to logits N x L.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return classifier.call(Embed(input)).MoveToOuterDisposeScope();
    }

    /// <summary>Images N x C x H x W to the features before the last layer, N x (Width H' W').</summary>
    public Tensor Embed(Tensor input)
    {
        using var scope = NewDisposeScope();
        return features.call(input).flatten(1).MoveToOuterDisposeScope();
    }

    private static ((string, nn.Module<Tensor, Tensor>)[], (int Height, int Width)) Blocks(ConvNetShape shape)
    {
        var blocks = new List<(string, nn.Module<Tensor, Tensor>)>();
        var (channels, height, width) = (shape.Input.Channels, shape.Input.Height, shape.Input.Width);
        for (var layer = 0; layer < shape.Depth; layer++)
        {
            var padding = layer == 0 && shape.Input is { Height: 28, Width: 28 } ? 3 : 1;
            void Add(nn.Module<Tensor, Tensor> module) => blocks.Add((blocks.Count.ToString(), module));
            Add(new Convolution(channels, shape.Width, 3, new ConvolutionGeometry(1, padding)));
            Add(new InstanceNorm(shape.Width));
            Add(nn.ReLU());
            Add(new HalvingPool());
            (channels, height, width) = (shape.Width, (height + 2 * padding - 2) / 2, (width + 2 * padding - 2) / 2);
        }
        return ([.. blocks], (height, width));
    }
}

/// <summary>Instance norm as the protocol has it: group norm with one group per channel, affine, eps 1e-5. TorchSharp's own leaves its parameters uninitialised.</summary>
public sealed class InstanceNorm : nn.Module<Tensor, Tensor>
{
    private readonly long _channels;
#pragma warning disable IDE1006
    private readonly Parameter weight;
    private readonly Parameter bias;
#pragma warning restore IDE1006

    /// <summary>Weight 1, bias 0.</summary>
    public InstanceNorm(long channels) : base(nameof(InstanceNorm))
    {
        _channels = channels;
        weight = new Parameter(ones(channels));
        bias = new Parameter(zeros(channels));
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor input) => nn.functional.group_norm(input, _channels, weight, bias, 1e-5);
}

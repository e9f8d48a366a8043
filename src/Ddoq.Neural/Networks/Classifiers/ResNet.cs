using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.Classifiers;

/// <summary>Shape of a <see cref="ResNet"/>.</summary>
/// <param name="Layers">Blocks in each of the four stages.</param>
/// <param name="Classes">L.</param>
/// <param name="Bottleneck">Blocks of three convolutions with four times the channels at their end, as from ResNet-50 on.</param>
/// <param name="SmallImages">Begins with a 3x3 convolution of stride 1 and without pooling, for images of about 32 pixels; else 7x7 of stride 2 and a pooling by 2.</param>
/// <param name="Channels">Channels of the images.</param>
public sealed record ResNetShape(IReadOnlyList<int> Layers, int Classes, bool Bottleneck = false, bool SmallImages = false, int Channels = 3)
{
    /// <summary>The shape of depth 18, 50 or 101.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Another depth.</exception>
    public static ResNetShape OfDepth(int depth, int classes, bool smallImages = false, int channels = 3) => depth switch
    {
        18 => new([2, 2, 2, 2], classes, false, smallImages, channels),
        50 => new([3, 4, 6, 3], classes, true, smallImages, channels),
        101 => new([3, 4, 23, 3], classes, true, smallImages, channels),
        _ => throw new ArgumentOutOfRangeException(nameof(depth), depth, "18, 50 or 101"),
    };
}

/// <summary>Residual network (He et al. 2016; stride in the 3x3 convolution of a bottleneck), names as in torchvision.</summary>
public sealed class ResNet : nn.Module<Tensor, Tensor>
{
    private readonly bool _small;
    [ComponentName(Name = "conv1")] private readonly Convolution _convolution;
    [ComponentName(Name = "bn1")] private readonly BatchNorm _norm;
    [ComponentName(Name = "layer1")] private readonly Sequential _first;
    [ComponentName(Name = "layer2")] private readonly Sequential _second;
    [ComponentName(Name = "layer3")] private readonly Sequential _third;
    [ComponentName(Name = "layer4")] private readonly Sequential _fourth;
    [ComponentName(Name = "avgpool")] private readonly AdaptiveAvgPool2d _pool;
    [ComponentName(Name = "fc")] private readonly Linear _head;

    /// <summary>Builds the network with zero weights; see <see cref="Initialization.WithTorchDefaults{TModule}"/>.</summary>
    public ResNet(ResNetShape shape) : base(nameof(ResNet))
    {
        _small = shape.SmallImages;
        _convolution = _small
            ? new Convolution(shape.Channels, 64, 3, ConvolutionGeometry.Same(3), bias: false)
            : new Convolution(shape.Channels, 64, 7, new ConvolutionGeometry(2, 3), bias: false);
        _norm = new BatchNorm(64);
        var channels = 64L;
        Sequential Stage(int stage)
        {
            var width = 64L << stage;
            var blocks = new List<nn.Module<Tensor, Tensor>>();
            for (var i = 0; i < shape.Layers[stage]; i++)
            {
                var block = new ResidualBranch(channels, width, stage > 0 && i == 0 ? 2 : 1, shape.Bottleneck);
                blocks.Add(block);
                channels = block.Outputs;
            }
            return Blocks.Numbered([.. blocks]);
        }
        (_first, _second, _third, _fourth) = (Stage(0), Stage(1), Stage(2), Stage(3));
        _pool = nn.AdaptiveAvgPool2d(1);
        _head = nn.Linear(channels, shape.Classes);
        RegisterComponents();
    }

    /// <summary>Images N x C x H x W to logits N x L.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = _norm.call(_convolution.call(input)).relu_();
        if (!_small) x = nn.functional.max_pool2d(x, 3, 2, 1);
        x = _fourth.call(_third.call(_second.call(_first.call(x))));
        return _head.call(_pool.call(x).flatten(1)).MoveToOuterDisposeScope();
    }
}

/// <summary>Two 3x3 convolutions, or 1x1, 3x3, 1x1, beside a shortcut: N x C x H x W to N x Outputs x H/stride x W/stride.</summary>
internal sealed class ResidualBranch : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv1")] private readonly Convolution _convolution1;
    [ComponentName(Name = "bn1")] private readonly BatchNorm _norm1;
    [ComponentName(Name = "conv2")] private readonly Convolution _convolution2;
    [ComponentName(Name = "bn2")] private readonly BatchNorm _norm2;
    [ComponentName(Name = "conv3")] private readonly Convolution? _convolution3;
    [ComponentName(Name = "bn3")] private readonly BatchNorm? _norm3;
    [ComponentName(Name = "downsample")] private readonly Sequential? _shortcut;

    public ResidualBranch(long inputs, long width, int stride, bool bottleneck) : base(nameof(ResidualBranch))
    {
        Outputs = bottleneck ? 4 * width : width;
        _convolution1 = bottleneck ? Plain(inputs, width, 1, 1) : Plain(inputs, width, 3, stride);
        _convolution2 = bottleneck ? Plain(width, width, 3, stride) : Plain(width, width, 3, 1);
        (_norm1, _norm2) = (new BatchNorm(width), new BatchNorm(width));
        if (bottleneck) (_convolution3, _norm3) = (Plain(width, Outputs, 1, 1), new BatchNorm(Outputs));
        if (stride != 1 || inputs != Outputs) _shortcut = Blocks.Numbered(Plain(inputs, Outputs, 1, stride), new BatchNorm(Outputs));
        RegisterComponents();
    }

    public long Outputs { get; }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = _norm1.call(_convolution1.call(input)).relu_();
        x = _norm2.call(_convolution2.call(x));
        if (_convolution3 is not null) x = _norm3!.call(_convolution3.call(x.relu_()));
        return x.PlusInPlace(_shortcut is null ? input : _shortcut.call(input)).relu_().MoveToOuterDisposeScope();
    }

    private static Convolution Plain(long inputs, long outputs, int kernel, int stride) => new(inputs, outputs, kernel, new ConvolutionGeometry(stride, kernel / 2), bias: false);
}

using Ddoq.Datasets;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.Classifiers;

/// <summary>
/// ResNetAP-10, the student of IDC (Kim et al. 2022) and its successors: one block a stage, instance norm, and average pooling in place of strides.
/// Parameter names are those of the reference. Images above 128 pixels are pooled by 4 after the first layer, above 64 by 2, smaller ones not.
/// </summary>
public sealed class PooledResNet : nn.Module<Tensor, Tensor>
{
    private const long Width = 64;

    [ComponentName(Name = "layer0")] private readonly Intro _intro;
    [ComponentName(Name = "layer1")] private readonly Sequential _first;
    [ComponentName(Name = "layer2")] private readonly Sequential _second;
    [ComponentName(Name = "layer3")] private readonly Sequential _third;
    [ComponentName(Name = "layer4")] private readonly Sequential _fourth;
    [ComponentName(Name = "fc")] private readonly Linear _head;

    /// <summary>Builds the network with zero weights; see <see cref="Initialization.WithTorchDefaults{TModule}"/>.</summary>
    /// <param name="input">Image shape; its longer side decides how the network begins.</param>
    /// <param name="classes">L.</param>
    public PooledResNet(ImageShape input, int classes) : base(nameof(PooledResNet))
    {
        _intro = new Intro(input.Channels, Math.Max(input.Height, input.Width));
        static Sequential Stage(long inputs, long outputs) => Blocks.Numbered(new PooledBlock(inputs, outputs, inputs == outputs ? 1 : 2));
        (_first, _second) = (Stage(Width, Width), Stage(Width, 2 * Width));
        (_third, _fourth) = (Stage(2 * Width, 4 * Width), Stage(4 * Width, 8 * Width));
        _head = nn.Linear(8 * Width, classes);
        RegisterComponents();
    }

    /// <summary>Images N x C x H x W to logits N x L.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = _fourth.call(_third.call(_second.call(_first.call(_intro.call(input)))));
        return _head.call(Blocks.MeanOverPixels(x)).MoveToOuterDisposeScope();
    }

    private sealed class Intro : nn.Module<Tensor, Tensor>
    {
        private readonly int _factor;
        [ComponentName(Name = "conv1")] private readonly Convolution _convolution;
        [ComponentName(Name = "bn1")] private readonly InstanceNorm _norm;

        public Intro(long channels, int side) : base(nameof(Intro))
        {
            _factor = side > 128 ? 4 : side > 64 ? 2 : 1;
            var kernel = side > 64 ? 7 : 3;
            _convolution = new Convolution(channels, Width, kernel, ConvolutionGeometry.Same(kernel), bias: false);
            _norm = new InstanceNorm(Width);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var x = _norm.call(_convolution.call(input)).relu_();
            return (_factor == 1 ? x : nn.functional.avg_pool2d(x, _factor, _factor)).MoveToOuterDisposeScope();
        }
    }

    private sealed class PooledBlock : nn.Module<Tensor, Tensor>
    {
        private readonly int _factor;
        [ComponentName(Name = "conv1")] private readonly Convolution _convolution1;
        [ComponentName(Name = "bn1")] private readonly InstanceNorm _norm1;
        [ComponentName(Name = "conv2")] private readonly Convolution _convolution2;
        [ComponentName(Name = "bn2")] private readonly InstanceNorm _norm2;
        [ComponentName(Name = "downsample")] private readonly Sequential? _shortcut;

        public PooledBlock(long inputs, long outputs, int factor) : base(nameof(PooledBlock))
        {
            _factor = factor;
            _convolution1 = new Convolution(inputs, outputs, 3, ConvolutionGeometry.Same(3), bias: false);
            _convolution2 = new Convolution(outputs, outputs, 3, ConvolutionGeometry.Same(3), bias: false);
            (_norm1, _norm2) = (new InstanceNorm(outputs), new InstanceNorm(outputs));
            if (factor != 1)
                _shortcut = Blocks.Numbered(new Convolution(inputs, outputs, 1, ConvolutionGeometry.Same(1), bias: false), nn.AvgPool2d(factor, factor), new InstanceNorm(outputs));
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var x = _norm1.call(_convolution1.call(input)).relu_();
            if (_factor != 1) x = nn.functional.avg_pool2d(x, _factor, _factor);
            x = _norm2.call(_convolution2.call(x));
            return x.Plus(_shortcut is null ? input : _shortcut.call(input)).relu_().MoveToOuterDisposeScope();
        }
    }
}

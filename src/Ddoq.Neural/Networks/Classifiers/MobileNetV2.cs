using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.Classifiers;

/// <summary>MobileNet-V2 of width 1 (Sandler et al. 2018), names as in torchvision.</summary>
public sealed class MobileNetV2 : nn.Module<Tensor, Tensor>
{
    private const long Last = 1280;

    [ComponentName(Name = "features")] private readonly Sequential _features;
    [ComponentName(Name = "classifier")] private readonly Sequential _classifier;

    // Expansion, channels, blocks, stride of the first (table 2 of the paper).
    private static readonly (int Expansion, long Channels, int Blocks, int Stride)[] Stages =
        [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];

    /// <summary>Builds the network with zero weights; see <see cref="Initialization.WithTorchDefaults{TModule}"/>.</summary>
    /// <param name="classes">L.</param>
    /// <param name="channels">Channels of the images.</param>
    /// <param name="dropSeed">Seed of what training drops.</param>
    public MobileNetV2(int classes, int channels = 3, ulong dropSeed = 0) : base(nameof(MobileNetV2))
    {
        var draws = new Generator(dropSeed, CPU);
        var width = 32L;
        var parts = new List<nn.Module<Tensor, Tensor>> { Blocks.Normed(channels, width, 3, 2, 1, nn.ReLU6()) };
        foreach (var stage in Stages)
            for (var i = 0; i < stage.Blocks; i++)
            {
                parts.Add(new InvertedResidual(width, stage.Channels, i == 0 ? stage.Stride : 1, stage.Expansion));
                width = stage.Channels;
            }
        parts.Add(Blocks.Normed(width, Last, 1, 1, 1, nn.ReLU6()));
        _features = Blocks.Numbered([.. parts]);
        _classifier = Blocks.Numbered(new Drop(0.2, draws, images: false), nn.Linear(Last, classes));
        RegisterComponents();
    }

    /// <summary>Images N x C x H x W to logits N x L.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _classifier.call(Blocks.MeanOverPixels(_features.call(input))).MoveToOuterDisposeScope();
    }

    private sealed class InvertedResidual : nn.Module<Tensor, Tensor>
    {
        private readonly bool _shortcut;
        [ComponentName(Name = "conv")] private readonly Sequential _layers;

        public InvertedResidual(long inputs, long outputs, int stride, int expansion) : base(nameof(InvertedResidual))
        {
            _shortcut = stride == 1 && inputs == outputs;
            var hidden = inputs * expansion;
            List<nn.Module<Tensor, Tensor>> parts =
            [
                Blocks.Normed(hidden, hidden, 3, stride, (int)hidden, nn.ReLU6()),
                new Convolution(hidden, outputs, 1, ConvolutionGeometry.Same(1), bias: false),
                new BatchNorm(outputs),
            ];
            if (expansion != 1) parts.Insert(0, Blocks.Normed(inputs, hidden, 1, 1, 1, nn.ReLU6()));
            _layers = Blocks.Numbered([.. parts]);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var x = _layers.call(input);
            return (_shortcut ? x.Plus(input) : x).MoveToOuterDisposeScope();
        }
    }
}

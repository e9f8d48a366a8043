using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.Classifiers;

/// <summary>EfficientNet-B0 (Tan and Le 2019), names as in torchvision.</summary>
public sealed class EfficientNetB0 : nn.Module<Tensor, Tensor>
{
    private const long Last = 1280;
    private const double LargestDrop = 0.2;

    [ComponentName(Name = "features")] private readonly Sequential _features;
    [ComponentName(Name = "classifier")] private readonly Sequential _classifier;

    // Expansion, kernel, stride of the first, channels, blocks (table 1 of the paper).
    private static readonly (int Expansion, int Kernel, int Stride, long Channels, int Blocks)[] Stages =
        [(1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)];

    /// <summary>Builds the network with zero weights; see <see cref="Initialization.WithTorchDefaults{TModule}"/>.</summary>
    /// <param name="classes">L.</param>
    /// <param name="channels">Channels of the images.</param>
    /// <param name="dropSeed">Seed of what training drops.</param>
    public EfficientNetB0(int classes, int channels = 3, ulong dropSeed = 0) : base(nameof(EfficientNetB0))
    {
        var draws = new Generator(dropSeed, CPU);
        var (width, block, total) = (32L, 0, Stages.Sum(s => s.Blocks));
        var parts = new List<nn.Module<Tensor, Tensor>> { Blocks.Normed(channels, width, 3, 2, 1, nn.SiLU()) };
        foreach (var stage in Stages)
        {
            var blocks = new List<nn.Module<Tensor, Tensor>>();
            for (var i = 0; i < stage.Blocks; i++)
            {
                blocks.Add(new SqueezedResidual(width, stage.Channels, stage.Kernel, i == 0 ? stage.Stride : 1, stage.Expansion, new Drop(LargestDrop * block++ / total, draws, images: true)));
                width = stage.Channels;
            }
            parts.Add(Blocks.Numbered([.. blocks]));
        }
        parts.Add(Blocks.Normed(width, Last, 1, 1, 1, nn.SiLU()));
        _features = Blocks.Numbered([.. parts]);
        _classifier = Blocks.Numbered(new Drop(LargestDrop, draws, images: false), nn.Linear(Last, classes));
        RegisterComponents();
    }

    /// <summary>Images N x C x H x W to logits N x L.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _classifier.call(Blocks.MeanOverPixels(_features.call(input))).MoveToOuterDisposeScope();
    }

    private sealed class SqueezedResidual : nn.Module<Tensor, Tensor>
    {
        private readonly bool _shortcut;
        [ComponentName(Name = "block")] private readonly Sequential _layers;
        [ComponentName(Name = "stochastic_depth")] private readonly Drop _drop;

        public SqueezedResidual(long inputs, long outputs, int kernel, int stride, int expansion, Drop drop) : base(nameof(SqueezedResidual))
        {
            _shortcut = stride == 1 && inputs == outputs;
            var hidden = inputs * expansion;
            List<nn.Module<Tensor, Tensor>> parts =
            [
                Blocks.Normed(hidden, hidden, kernel, stride, (int)hidden, nn.SiLU()),
                new SqueezeExcitation(hidden, Math.Max(1, inputs / 4)),
                Blocks.Normed(hidden, outputs, 1, 1, 1, null),
            ];
            if (expansion != 1) parts.Insert(0, Blocks.Normed(inputs, hidden, 1, 1, 1, nn.SiLU()));
            _layers = Blocks.Numbered([.. parts]);
            _drop = drop;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var x = _layers.call(input);
            return (_shortcut ? _drop.call(x).Plus(input) : x).MoveToOuterDisposeScope();
        }
    }

    // Scales each channel by a gate in (0, 1) that sees the means of all of them (Hu et al. 2018).
    private sealed class SqueezeExcitation : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "fc1")] private readonly Convolution _squeeze;
        [ComponentName(Name = "fc2")] private readonly Convolution _excite;

        public SqueezeExcitation(long channels, long squeezed) : base(nameof(SqueezeExcitation))
        {
            _squeeze = Convolution.Same(channels, squeezed, 1);
            _excite = Convolution.Same(squeezed, channels, 1);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var means = input.mean([2, 3], keepdim: true);
            return (input * _excite.call(nn.functional.silu(_squeeze.call(means))).sigmoid()).MoveToOuterDisposeScope();
        }
    }
}

using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.Classifiers;

/// <summary>Swin-T (Liu et al. 2021): attention within windows of 7 x 7 tokens, every other time shifted by 3. Names as in torchvision.</summary>
public sealed class SwinTransformer : nn.Module<Tensor, Tensor>
{
    private const int Patch = 4, Embedding = 96;
    private const double LargestDrop = 0.2;

    [ComponentName(Name = "features")] private readonly Sequential _features;
    [ComponentName(Name = "norm")] private readonly LayerNorm _norm;
    [ComponentName(Name = "head")] private readonly Linear _head;

    private static readonly (int Blocks, int Heads)[] Stages = [(2, 3), (2, 6), (6, 12), (2, 24)];

    /// <summary>Builds the network with zero weights; see <see cref="Initialization.WithTorchDefaults{TModule}"/>.</summary>
    /// <param name="classes">L.</param>
    /// <param name="channels">Channels of the images.</param>
    /// <param name="dropSeed">Seed of what training drops.</param>
    public SwinTransformer(int classes, int channels = 3, ulong dropSeed = 0) : base(nameof(SwinTransformer))
    {
        var draws = new Generator(dropSeed, CPU);
        var (width, block, total) = ((long)Embedding, 0, Stages.Sum(s => s.Blocks));
        var parts = new List<nn.Module<Tensor, Tensor>>
        {
            Blocks.Numbered(new Convolution(channels, width, Patch, new ConvolutionGeometry(Patch)), new ChannelsLast(), nn.LayerNorm(width)),
        };
        foreach (var (blocks, heads) in Stages)
        {
            if (parts.Count > 1) parts.Add(new PatchMerging(width));
            if (parts.Count > 1) width *= 2;
            parts.Add(Blocks.Numbered([.. Enumerable.Range(0, blocks).Select(i => new SwinBlock(width, heads, i % 2 == 1, new Drop(LargestDrop * block++ / (total - 1), draws, images: true)))]));
        }
        _features = Blocks.Numbered([.. parts]);
        _norm = nn.LayerNorm(width);
        _head = nn.Linear(width, classes);
        RegisterComponents();
    }

    /// <summary>Images N x C x H x W to logits N x L.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _head.call(_norm.call(_features.call(input)).mean([1, 2])).MoveToOuterDisposeScope();
    }

    private sealed class ChannelsLast() : nn.Module<Tensor, Tensor>(nameof(ChannelsLast))
    {
        public override Tensor forward(Tensor input) => input.permute(0, 2, 3, 1);
    }

    // Four neighbouring tokens become one of twice the width: N x H x W x C to N x H/2 x W/2 x 2C, odd sides padded by zeros.
    private sealed class PatchMerging : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "reduction")] private readonly Linear _reduction;
        [ComponentName(Name = "norm")] private readonly LayerNorm _norm;

        public PatchMerging(long width) : base(nameof(PatchMerging))
        {
            _reduction = nn.Linear(4 * width, 2 * width, hasBias: false);
            _norm = nn.LayerNorm(4 * width);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var even = nn.functional.pad(input, [0, 0, 0, input.shape[2] % 2, 0, input.shape[1] % 2]);
            Tensor Every(int row, int column) => even[.., TensorIndex.Slice(row, null, 2), TensorIndex.Slice(column, null, 2), ..];
            return _reduction.call(_norm.call(cat([Every(0, 0), Every(1, 0), Every(0, 1), Every(1, 1)], -1))).MoveToOuterDisposeScope();
        }
    }

    private sealed class SwinBlock : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "norm1")] private readonly LayerNorm _norm1;
        [ComponentName(Name = "attn")] private readonly WindowAttention _attention;
        [ComponentName(Name = "stochastic_depth")] private readonly Drop _drop;
        [ComponentName(Name = "norm2")] private readonly LayerNorm _norm2;
        [ComponentName(Name = "mlp")] private readonly Sequential _layers;

        public SwinBlock(long width, int heads, bool shifted, Drop drop) : base(nameof(SwinBlock))
        {
            (_norm1, _norm2) = (nn.LayerNorm(width), nn.LayerNorm(width));
            _attention = new WindowAttention(width, heads, shifted);
            _drop = drop;
            _layers = Blocks.FeedForward(width);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var x = input.Plus(_drop.call(_attention.call(_norm1.call(input))));
            return x.Plus(_drop.call(_layers.call(_norm2.call(x)))).MoveToOuterDisposeScope();
        }
    }
}

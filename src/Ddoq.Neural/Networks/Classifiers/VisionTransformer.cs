using Ddoq.Neural.Checkpoints;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.Classifiers;

/// <summary>Shape of a <see cref="VisionTransformer"/>; the defaults are ViT-B/16 at 224 pixels.</summary>
/// <param name="Classes">L.</param>
/// <param name="Side">Side of the square images, a multiple of <paramref name="Patch"/>.</param>
/// <param name="Patch">Side of a patch.</param>
/// <param name="Width">E, a multiple of <paramref name="Heads"/>.</param>
/// <param name="Depth">Blocks.</param>
/// <param name="Heads">Heads.</param>
/// <param name="Channels">Channels of the images.</param>
public sealed record VisionTransformerShape(int Classes, int Side = 224, int Patch = 16, int Width = 768, int Depth = 12, int Heads = 12, int Channels = 3);

/// <summary>Vision transformer with a class token and learned positions (Dosovitskiy et al. 2021), names as in torchvision.</summary>
public sealed class VisionTransformer : nn.Module<Tensor, Tensor>
{
    private readonly VisionTransformerShape _shape;
    [ComponentName(Name = "class_token")] private readonly Parameter _token;
    [ComponentName(Name = "conv_proj")] private readonly Convolution _patches;
    [ComponentName(Name = "encoder")] private readonly Encoder _encoder;
    [ComponentName(Name = "heads")] private readonly Sequential _head;

    /// <summary>Names in a file, also of before torchvision 0.13: "mlp.linear_1" for "mlp.0", "mlp.linear_2" for "mlp.3".</summary>
    public static KeyMap Keys { get; } = new("torchvision", key => key.Replace(".mlp.linear_1.", ".mlp.0.", StringComparison.Ordinal).Replace(".mlp.linear_2.", ".mlp.3.", StringComparison.Ordinal));

    /// <summary>Builds the network with zero weights; see <see cref="Initialization.WithTorchDefaults{TModule}"/>.</summary>
    public VisionTransformer(VisionTransformerShape shape) : base(nameof(VisionTransformer))
    {
        _shape = shape;
        _token = new Parameter(zeros(1, 1, shape.Width));
        _patches = new Convolution(shape.Channels, shape.Width, shape.Patch, new ConvolutionGeometry(shape.Patch));
        _encoder = new Encoder(shape);
        _head = nn.Sequential(("head", nn.Linear(shape.Width, shape.Classes)));
        RegisterComponents();
    }

    /// <summary>Images N x C x Side x Side to logits N x L.</summary>
    public override Tensor forward(Tensor input)
    {
        if (input.shape[2] != _shape.Side || input.shape[3] != _shape.Side)
            throw new ArgumentException($"expected images of {_shape.Side} x {_shape.Side}, found {input.shape[2]} x {input.shape[3]}", nameof(input));
        using var scope = NewDisposeScope();
        var patches = _patches.call(input).flatten(2).transpose(1, 2);
        var x = _encoder.call(cat([_token.expand(input.shape[0], -1, -1), patches], 1));
        return _head.call(x[.., 0]).MoveToOuterDisposeScope();
    }

    private sealed class Encoder : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "pos_embedding")] private readonly Parameter _positions;
        [ComponentName(Name = "layers")] private readonly Sequential _layers;
        [ComponentName(Name = "ln")] private readonly LayerNorm _norm;

        public Encoder(VisionTransformerShape shape) : base(nameof(Encoder))
        {
            var across = shape.Side / shape.Patch;
            _positions = new Parameter(zeros(1, across * across + 1, shape.Width));
            _layers = nn.Sequential(Enumerable.Range(0, shape.Depth).Select(i => ($"encoder_layer_{i}", (nn.Module<Tensor, Tensor>)new Block(shape.Width, shape.Heads))).ToArray());
            _norm = Norm(shape.Width);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return _norm.call(_layers.call(input.Plus(_positions))).MoveToOuterDisposeScope();
        }
    }

    private sealed class Block : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "ln_1")] private readonly LayerNorm _norm1;
        [ComponentName(Name = "self_attention")] private readonly SelfAttention _attention;
        [ComponentName(Name = "ln_2")] private readonly LayerNorm _norm2;
        [ComponentName(Name = "mlp")] private readonly Sequential _layers;

        public Block(long width, int heads) : base(nameof(Block))
        {
            (_norm1, _norm2) = (Norm(width), Norm(width));
            _attention = new SelfAttention(width, heads);
            _layers = Blocks.FeedForward(width);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var x = input.Plus(_attention.call(_norm1.call(input)));
            return x.Plus(_layers.call(_norm2.call(x))).MoveToOuterDisposeScope();
        }
    }

    // One matrix for queries, keys and values, named as PyTorch's own attention layer names it.
    private sealed class SelfAttention : nn.Module<Tensor, Tensor>
    {
        private readonly int _heads;
        [ComponentName(Name = "in_proj_weight")] private readonly Parameter _weight;
        [ComponentName(Name = "in_proj_bias")] private readonly Parameter _bias;
        [ComponentName(Name = "out_proj")] private readonly Linear _projection;

        public SelfAttention(long width, int heads) : base(nameof(SelfAttention))
        {
            _heads = heads;
            (_weight, _bias) = (new Parameter(zeros(3 * width, width)), new Parameter(zeros(3 * width)));
            _projection = nn.Linear(width, width);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var qkv = nn.functional.linear(input, _weight, _bias).chunk(3, -1);
            return _projection.call(HeadedAttention.Of(qkv[0], qkv[1], qkv[2], _heads)).MoveToOuterDisposeScope();
        }
    }

    private static LayerNorm Norm(long width) => nn.LayerNorm(width, 1e-6);
}

using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.StableDiffusion;

/// <summary>Pixels as tokens through one transformer block that attends to a text, added to the input: N x C x H x W to the same.</summary>
internal sealed class TokenTransformer : nn.Module<Tensor, Tensor, Tensor>
{
    [ComponentName(Name = "norm")] private readonly ChannelNorm _norm;
    [ComponentName(Name = "proj_in")] private readonly nn.Module<Tensor, Tensor> _in;
    [ComponentName(Name = "transformer_blocks")] private readonly ModuleList<TextBlock> _blocks;
    [ComponentName(Name = "proj_out")] private readonly nn.Module<Tensor, Tensor> _out;
    private readonly bool _linear;

    public TokenTransformer(UNetLevel level, UNetShape shape) : base(nameof(TokenTransformer))
    {
        _linear = shape.LinearProjections;
        _norm = new ChannelNorm(shape.Groups, level.Width, 1e-6);
        _in = Projection(level.Width);
        _blocks = nn.ModuleList(new TextBlock(level.Width, shape.Context, level.Heads));
        _out = Projection(level.Width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input, Tensor context)
    {
        using var scope = NewDisposeScope();
        var normed = _norm.call(input);
        var tokens = _linear ? _in.call(Tokens(normed)) : Tokens(_in.call(normed)); // N, H W, C
        foreach (var block in _blocks) tokens = block.call(tokens, context);
        var back = _linear ? Pixels(_out.call(tokens), input) : _out.call(Pixels(tokens, input));
        return back.Plus(input).MoveToOuterDisposeScope();
    }

    private nn.Module<Tensor, Tensor> Projection(long width) => _linear ? nn.Linear(width, width) : Convolution.Same(width, width, 1);

    private static Tensor Tokens(Tensor pixels) => pixels.flatten(2).transpose(1, 2);

    private static Tensor Pixels(Tensor tokens, Tensor like) => tokens.transpose(1, 2).reshape(like.shape);
}

/// <summary>Self-attention, attention to the text, and a gated feed-forward layer, each normed before and added after: N x T x E to the same.</summary>
internal sealed class TextBlock : nn.Module<Tensor, Tensor, Tensor>
{
    [ComponentName(Name = "norm1")] private readonly LayerNorm _firstNorm;
    [ComponentName(Name = "attn1")] private readonly MultiHeadAttention _toItself;
    [ComponentName(Name = "norm2")] private readonly LayerNorm _secondNorm;
    [ComponentName(Name = "attn2")] private readonly MultiHeadAttention _toText;
    [ComponentName(Name = "norm3")] private readonly LayerNorm _thirdNorm;
    [ComponentName(Name = "ff")] private readonly GatedFeedForward _feedForward;

    public TextBlock(long width, long context, long heads) : base(nameof(TextBlock))
    {
        (_firstNorm, _secondNorm, _thirdNorm) = (nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width));
        _toItself = new MultiHeadAttention(width, width, heads, bias: false);
        _toText = new MultiHeadAttention(width, context, heads, bias: false);
        _feedForward = new GatedFeedForward(width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor tokens, Tensor context)
    {
        using var scope = NewDisposeScope();
        var normed = _firstNorm.call(tokens);
        var x = tokens.Plus(_toItself.call(normed, normed));
        x = x.Plus(_toText.call(_secondNorm.call(x), context));
        return x.Plus(_feedForward.call(_thirdNorm.call(x))).MoveToOuterDisposeScope();
    }
}

/// <summary>GEGLU (Shazeer 2020) with the exact GELU, then a linear layer: N x T x E to the same, four times as wide between.</summary>
internal sealed class GatedFeedForward : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "net")] private readonly ModuleList<nn.Module<Tensor, Tensor>> _layers;

    public GatedFeedForward(long width) : base(nameof(GatedFeedForward))
    {
        _layers = nn.ModuleList<nn.Module<Tensor, Tensor>>(new Geglu(width, 4 * width), nn.Identity(), nn.Linear(4 * width, width));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _layers[2].call(_layers[0].call(input)).MoveToOuterDisposeScope();
    }
}

/// <summary>One half of a projection, gated by the GELU of the other.</summary>
internal sealed class Geglu : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "proj")] private readonly Linear _projection;

    public Geglu(long inputs, long outputs) : base(nameof(Geglu))
    {
        _projection = nn.Linear(inputs, 2 * outputs);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var halves = _projection.call(input).chunk(2, -1);
        return (halves[0] * nn.functional.gelu(halves[1])).MoveToOuterDisposeScope();
    }
}

using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks;

/// <summary>Cuts a latent into patches and embeds each: N x C x H x W to N x T x E.</summary>
internal sealed class PatchEmbedding : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "proj")] private readonly Convolution _projection;

    public PatchEmbedding(DiTShape shape) : base(nameof(PatchEmbedding))
    {
        _projection = new Convolution(shape.Channels, shape.Hidden, shape.Patch, new ConvolutionGeometry(shape.Patch));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _projection.call(input).flatten(2).transpose(1, 2).MoveToOuterDisposeScope();
    }
}

/// <summary>Sinusoids of the timestep (cosines first, 256 wide), then two layers: N to N x E.</summary>
internal sealed class TimestepEmbedding : nn.Module<Tensor, Tensor>
{
    private const int Frequencies = 256;

    [ComponentName(Name = "mlp")] private readonly Sequential _layers;

    public TimestepEmbedding(int hidden) : base(nameof(TimestepEmbedding))
    {
        _layers = nn.Sequential(("0", nn.Linear(Frequencies, hidden)), ("1", nn.SiLU()), ("2", nn.Linear(hidden, hidden)));
        RegisterComponents();
    }

    public override Tensor forward(Tensor t)
    {
        using var scope = NewDisposeScope();
        return _layers.call(Sinusoids(t).to(_layers.parameters().First().dtype)).MoveToOuterDisposeScope();
    }

    /// <summary>cos and sin of t 10000^(-i/(width/2)), i = 0..width/2-1, cosines first: N x width.</summary>
    public static Tensor Sinusoids(Tensor t, long width = Frequencies)
    {
        using var scope = NewDisposeScope();
        var half = width / 2;
        var frequencies = TensorArithmetic.CountUp(half, ScalarType.Float32, t.device).Times(-Math.Log(10000) / half).exp();
        var angles = t.to(ScalarType.Float32).unsqueeze(1) * frequencies.unsqueeze(0);
        return cat([angles.cos(), angles.sin()], 1).MoveToOuterDisposeScope();
    }
}

/// <summary>A learned row per class and one for "no class": N to N x E.</summary>
internal sealed class ClassEmbedding : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "embedding_table")] private readonly Embedding _table;

    public ClassEmbedding(int rows, int hidden) : base(nameof(ClassEmbedding))
    {
        _table = nn.Embedding(rows, hidden);
        RegisterComponents();
    }

    public override Tensor forward(Tensor y) => _table.call(y);
}

/// <summary>Attention and MLP, each shifted, scaled and gated by the condition (adaLN-Zero).</summary>
internal sealed class DiTBlock : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly long _hidden;
    [ComponentName(Name = "attn")] private readonly Attention _attention;
    [ComponentName(Name = "mlp")] private readonly Mlp _mlp;
    [ComponentName(Name = "adaLN_modulation")] private readonly Sequential _modulation;

    public DiTBlock(DiTShape shape) : base(nameof(DiTBlock))
    {
        _hidden = shape.Hidden;
        _attention = new Attention(shape.Hidden, shape.Heads);
        _mlp = new Mlp(shape.Hidden, 4 * shape.Hidden);
        _modulation = nn.Sequential(("0", nn.SiLU()), ("1", nn.Linear(shape.Hidden, 6 * shape.Hidden)));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor condition)
    {
        using var scope = NewDisposeScope();
        var m = _modulation.call(condition).unsqueeze(1).chunk(6, 2); // shift, scale, gate of attention; shift, scale, gate of MLP; each N, 1, E
        var h = x.Plus(m[2] * _attention.call(Modulation.Of(x, m[0], m[1], _hidden)));
        return h.Plus(m[5] * _mlp.call(Modulation.Of(h, m[3], m[4], _hidden))).MoveToOuterDisposeScope();
    }
}

/// <summary>Layer norm without parameters (eps 1e-6), then x (1 + scale) + shift.</summary>
internal static class Modulation
{
    public static Tensor Of(Tensor x, Tensor shift, Tensor scale, long hidden) =>
        (nn.functional.layer_norm(x, [hidden], eps: 1e-6) * scale.Plus(1)).Plus(shift);
}

/// <summary>Multi-head self-attention, rows of "qkv" ordered q, k, v: N x T x E to N x T x E.</summary>
internal sealed class Attention : nn.Module<Tensor, Tensor>
{
    private readonly long _heads;
    [ComponentName(Name = "qkv")] private readonly Linear _queriesKeysValues;
    [ComponentName(Name = "proj")] private readonly Linear _projection;

    public Attention(long hidden, long heads) : base(nameof(Attention))
    {
        _heads = heads;
        _queriesKeysValues = nn.Linear(hidden, 3 * hidden);
        _projection = nn.Linear(hidden, hidden);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        long n = input.shape[0], tokens = input.shape[1], hidden = input.shape[2], width = hidden / _heads;
        var parts = _queriesKeysValues.call(input).view(n, tokens, 3, _heads, width).permute(2, 0, 3, 1, 4).reshape(3, n * _heads, tokens, width);
        var (q, k, v) = (parts[0], parts[1], parts[2]);
        // Written out: for a few tokens this is faster than the fused operator (design notes; 16 to 64 tokens here).
        var attention = nn.functional.softmax(q.Times(1 / Math.Sqrt(width)).bmm(k.transpose(1, 2)), -1);          // N heads, T, T
        var mixed = attention.bmm(v).view(n, _heads, tokens, width).transpose(1, 2).reshape(n, tokens, hidden);   // N, T, E
        return _projection.call(mixed).MoveToOuterDisposeScope();
    }
}

/// <summary>Two layers with the tanh form of GELU between.</summary>
internal sealed class Mlp : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "fc1")] private readonly Linear _up;
    [ComponentName(Name = "fc2")] private readonly Linear _down;

    public Mlp(long hidden, long inner) : base(nameof(Mlp))
    {
        _up = nn.Linear(hidden, inner);
        _down = nn.Linear(inner, hidden);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _down.call(nn.functional.gelu(_up.call(input), GELU.Approximate.tanh)).MoveToOuterDisposeScope();
    }
}

/// <summary>Modulated norm and a linear layer from each token to its patch: N x T x E to N x T x P P C_out.</summary>
internal sealed class FinalLayer : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly long _hidden;
    [ComponentName(Name = "linear")] private readonly Linear _linear;
    [ComponentName(Name = "adaLN_modulation")] private readonly Sequential _modulation;

    public FinalLayer(DiTShape shape) : base(nameof(FinalLayer))
    {
        _hidden = shape.Hidden;
        _linear = nn.Linear(shape.Hidden, shape.Patch * shape.Patch * shape.Outputs);
        _modulation = nn.Sequential(("0", nn.SiLU()), ("1", nn.Linear(shape.Hidden, 2 * shape.Hidden)));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor condition)
    {
        using var scope = NewDisposeScope();
        var m = _modulation.call(condition).unsqueeze(1).chunk(2, 2);
        return _linear.call(Modulation.Of(x, m[0], m[1], _hidden)).MoveToOuterDisposeScope();
    }
}

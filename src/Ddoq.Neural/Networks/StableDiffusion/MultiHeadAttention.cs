using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.StableDiffusion;

/// <summary>Attention from tokens to a context (or to themselves), with the parameter names of diffusers: N x T x E to N x T x E.</summary>
internal sealed class MultiHeadAttention : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly long _heads;
    [ComponentName(Name = "to_q")] private readonly Linear _queries;
    [ComponentName(Name = "to_k")] private readonly Linear _keys;
    [ComponentName(Name = "to_v")] private readonly Linear _values;
    [ComponentName(Name = "to_out")] private readonly Sequential _out;

    public MultiHeadAttention(long width, long context, long heads, bool bias) : base(nameof(MultiHeadAttention))
    {
        if (width % heads != 0) throw new ArgumentException($"a width of {width} cannot be cut into {heads} heads.", nameof(heads));
        _heads = heads;
        _queries = nn.Linear(width, width, bias);
        _keys = nn.Linear(context, width, bias);
        _values = nn.Linear(context, width, bias);
        _out = nn.Sequential(("0", nn.Linear(width, width)));
        RegisterComponents();
    }

    public override Tensor forward(Tensor tokens, Tensor context)
    {
        using var scope = NewDisposeScope();
        return _out.call(HeadedAttention.Of(_queries.call(tokens), _keys.call(context), _values.call(context), _heads)).MoveToOuterDisposeScope();
    }
}

/// <summary>The autoencoder's attention: one head over all pixels, added to its input.</summary>
internal sealed class PixelAttention : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "group_norm")] private readonly ChannelNorm _norm;
    [ComponentName(Name = "to_q")] private readonly Linear _queries;
    [ComponentName(Name = "to_k")] private readonly Linear _keys;
    [ComponentName(Name = "to_v")] private readonly Linear _values;
    [ComponentName(Name = "to_out")] private readonly Sequential _out;

    public PixelAttention(long channels, long groups) : base(nameof(PixelAttention))
    {
        _norm = new ChannelNorm(groups, channels, 1e-6);
        (_queries, _keys, _values) = (nn.Linear(channels, channels), nn.Linear(channels, channels), nn.Linear(channels, channels));
        _out = nn.Sequential(("0", nn.Linear(channels, channels)));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var tokens = _norm.call(input).flatten(2).transpose(1, 2); // N, H W, C
        var mixed = HeadedAttention.Of(_queries.call(tokens), _keys.call(tokens), _values.call(tokens), heads: 1);
        return _out.call(mixed).transpose(1, 2).reshape(input.shape).Plus(input).MoveToOuterDisposeScope();
    }
}

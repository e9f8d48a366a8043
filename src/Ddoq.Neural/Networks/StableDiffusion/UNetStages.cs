using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.StableDiffusion;

/// <summary>One resolution on the way down. Every result on the way is kept for the way up.</summary>
internal sealed class UNetDown : nn.Module<Tensor, Tensor, Tensor, List<Tensor>, Tensor>
{
    [ComponentName(Name = "resnets")] private readonly ModuleList<ResidualBlock> _blocks;
    [ComponentName(Name = "attentions")] private readonly ModuleList<TokenTransformer>? _attentions;
    [ComponentName(Name = "downsamplers")] private readonly ModuleList<Downsample>? _down;

    public UNetDown(int inputs, UNetLevel level, UNetShape shape, bool halve) : base(nameof(UNetDown))
    {
        var layers = Enumerable.Range(0, shape.Layers).ToArray();
        _blocks = nn.ModuleList([.. layers.Select(j => new ResidualBlock(j == 0 ? inputs : level.Width, level.Width, shape.Groups, 1e-5, shape.Time))]);
        if (level.Attends) _attentions = nn.ModuleList([.. layers.Select(_ => new TokenTransformer(level, shape))]);
        if (halve) _down = nn.ModuleList(new Downsample(level.Width, atTheEnd: false));
        RegisterComponents();
    }

    /// <param name="x">N x C x H x W.</param>
    /// <param name="time">N x E.</param>
    /// <param name="context">N x T x E of the text.</param>
    /// <param name="skips">Receives the result of each layer; the last is what is returned.</param>
    public override Tensor forward(Tensor x, Tensor time, Tensor context, List<Tensor> skips)
    {
        using var scope = NewDisposeScope();
        for (var j = 0; j < _blocks.Count; j++)
        {
            x = _blocks[j].call(x, time);
            if (_attentions is not null) x = _attentions[j].call(x, context);
            skips.Add(x.MoveToOuterDisposeScope());
        }
        if (_down is not null) skips.Add(_down[0].call(x).MoveToOuterDisposeScope());
        return skips[^1];
    }
}

/// <summary>Block, attention, block at the lowest resolution.</summary>
internal sealed class UNetMiddle : nn.Module<Tensor, Tensor, Tensor, Tensor>
{
    [ComponentName(Name = "resnets")] private readonly ModuleList<ResidualBlock> _blocks;
    [ComponentName(Name = "attentions")] private readonly ModuleList<TokenTransformer> _attentions;

    public UNetMiddle(UNetLevel level, UNetShape shape) : base(nameof(UNetMiddle))
    {
        _blocks = nn.ModuleList([.. Enumerable.Range(0, 2).Select(_ => new ResidualBlock(level.Width, level.Width, shape.Groups, 1e-5, shape.Time))]);
        _attentions = nn.ModuleList(new TokenTransformer(level, shape));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor time, Tensor context)
    {
        using var scope = NewDisposeScope();
        return _blocks[1].call(_attentions[0].call(_blocks[0].call(x, time), context), time).MoveToOuterDisposeScope();
    }
}

/// <summary>One resolution on the way up. Each block takes a result of the way down beside its input.</summary>
internal sealed class UNetUp : nn.Module<Tensor, Tensor, Tensor, List<Tensor>, Tensor>
{
    [ComponentName(Name = "resnets")] private readonly ModuleList<ResidualBlock> _blocks;
    [ComponentName(Name = "attentions")] private readonly ModuleList<TokenTransformer>? _attentions;
    [ComponentName(Name = "upsamplers")] private readonly ModuleList<Upsample>? _up;

    /// <param name="before">Channels of the level below, which come in.</param>
    /// <param name="level">This level.</param>
    /// <param name="outside">Channels of the next level on the way out, whose last skip this level takes.</param>
    /// <param name="shape">Shape of the network.</param>
    /// <param name="doubled">Whether the sides double at the end.</param>
    public UNetUp(int before, UNetLevel level, int outside, UNetShape shape, bool doubled) : base(nameof(UNetUp))
    {
        var layers = Enumerable.Range(0, shape.Layers + 1).ToArray();
        _blocks = nn.ModuleList([.. layers.Select(j => new ResidualBlock((j == 0 ? before : level.Width) + (j == shape.Layers ? outside : level.Width), level.Width, shape.Groups, 1e-5, shape.Time))]);
        if (level.Attends) _attentions = nn.ModuleList([.. layers.Select(_ => new TokenTransformer(level, shape))]);
        if (doubled) _up = nn.ModuleList(new Upsample(level.Width));
        RegisterComponents();
    }

    /// <inheritdoc cref="UNetDown.forward"/>
    public override Tensor forward(Tensor x, Tensor time, Tensor context, List<Tensor> skips)
    {
        using var scope = NewDisposeScope();
        for (var j = 0; j < _blocks.Count; j++)
        {
            var skip = skips[^1];
            skips.RemoveAt(skips.Count - 1);
            x = _blocks[j].call(cat([x, skip], 1), time);
            if (_attentions is not null) x = _attentions[j].call(x, context);
        }
        // The next skip has the size to reach, also where a side was odd.
        if (_up is not null) x = _up[0].To(x, skips[^1].shape[2], skips[^1].shape[3]);
        return x.MoveToOuterDisposeScope();
    }
}

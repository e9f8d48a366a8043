using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.StableDiffusion;

/// <summary>The denoiser of Stable Diffusion v1 (Rombach et al. 2022; diffusers' UNet2DConditionModel) with the parameter names of diffusers.</summary>
public sealed class UNet : nn.Module<Tensor, Tensor, Tensor, Tensor>
{
    [ComponentName(Name = "time_proj")] private readonly TimestepSinusoids _sinusoids;
    [ComponentName(Name = "time_embedding")] private readonly TimestepLayers _timestep;
    [ComponentName(Name = "conv_in")] private readonly Convolution _in;
    [ComponentName(Name = "down_blocks")] private readonly ModuleList<UNetDown> _down;
    [ComponentName(Name = "mid_block")] private readonly UNetMiddle _middle;
    [ComponentName(Name = "up_blocks")] private readonly ModuleList<UNetUp> _up;
    [ComponentName(Name = "conv_norm_out")] private readonly ChannelNorm _norm;
    [ComponentName(Name = "conv_out")] private readonly Convolution _out;

    /// <summary>Builds the network; weights are to be read.</summary>
    public UNet(UNetShape shape) : base(nameof(UNet))
    {
        Shape = shape;
        var (levels, last) = (shape.Levels, shape.Levels.Count - 1);
        _sinusoids = new TimestepSinusoids(levels[0].Width);
        _timestep = new TimestepLayers(levels[0].Width, shape.Time);
        _in = Convolution.Same(shape.Channels, levels[0].Width, 3);
        _down = nn.ModuleList([.. levels.Select((level, i) => new UNetDown(levels[Math.Max(0, i - 1)].Width, level, shape, halve: i < last))]);
        _middle = new UNetMiddle(levels[^1], shape);
        _up = nn.ModuleList([.. levels.Select((_, i) => last - i).Select(i => new UNetUp(levels[Math.Min(last, i + 1)].Width, levels[i], levels[Math.Max(0, i - 1)].Width, shape, doubled: i > 0))]);
        _norm = new ChannelNorm(shape.Groups, levels[0].Width, 1e-5);
        _out = Convolution.Same(levels[0].Width, shape.Channels, 3);
        RegisterComponents();
    }

    /// <summary>Shape of the network.</summary>
    public UNetShape Shape { get; }

    /// <summary>Predicts from noised latents.</summary>
    /// <param name="x">N x C x H x W.</param>
    /// <param name="t">N timesteps, or one for all.</param>
    /// <param name="context">N x T x E, the last hidden state of the text encoder.</param>
    /// <returns>N x C x H x W.</returns>
    public override Tensor forward(Tensor x, Tensor t, Tensor context)
    {
        using var scope = NewDisposeScope();
        var time = _timestep.call(_sinusoids.call(t.expand(x.shape[0])).to(x.dtype)); // N, E
        var h = _in.call(x);
        List<Tensor> skips = [h];
        foreach (var stage in _down) h = stage.call(h, time, context, skips);
        h = _middle.call(h, time, context);
        foreach (var stage in _up) h = stage.call(h, time, context, skips);
        return _out.call(nn.functional.silu(_norm.call(h))).MoveToOuterDisposeScope();
    }
}

/// <summary>The sinusoids of a timestep as a module, for it has a name in diffusers: N to N x E.</summary>
internal sealed class TimestepSinusoids(long width) : nn.Module<Tensor, Tensor>(nameof(TimestepSinusoids))
{
    public override Tensor forward(Tensor t) => TimestepEmbedding.Sinusoids(t, width);
}

/// <summary>Two linear layers with SiLU between: N x E_in to N x E.</summary>
internal sealed class TimestepLayers : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "linear_1")] private readonly Linear _first;
    [ComponentName(Name = "linear_2")] private readonly Linear _second;

    public TimestepLayers(long inputs, long outputs) : base(nameof(TimestepLayers))
    {
        (_first, _second) = (nn.Linear(inputs, outputs), nn.Linear(outputs, outputs));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _second.call(nn.functional.silu(_first.call(input))).MoveToOuterDisposeScope();
    }
}

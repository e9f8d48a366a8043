using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.StableDiffusion;

/// <summary>Two normed convolutions around which the input passes unchanged, or through a 1x1 convolution where the channels differ.</summary>
internal sealed class ResidualBlock : nn.Module<Tensor, Tensor?, Tensor>
{
    [ComponentName(Name = "norm1")] private readonly ChannelNorm _firstNorm;
    [ComponentName(Name = "conv1")] private readonly Convolution _first;
    [ComponentName(Name = "time_emb_proj")] private readonly Linear? _time;
    [ComponentName(Name = "norm2")] private readonly ChannelNorm _secondNorm;
    [ComponentName(Name = "conv2")] private readonly Convolution _second;
    [ComponentName(Name = "conv_shortcut")] private readonly Convolution? _shortcut;

    /// <param name="inputs">C_in.</param>
    /// <param name="outputs">C_out.</param>
    /// <param name="groups">Groups of the norms.</param>
    /// <param name="eps">Added to the variance in the norms.</param>
    /// <param name="time">Width of the timestep embedding; 0 for none.</param>
    public ResidualBlock(long inputs, long outputs, long groups, double eps, long time = 0) : base(nameof(ResidualBlock))
    {
        _firstNorm = new ChannelNorm(groups, inputs, eps);
        _first = Convolution.Same(inputs, outputs, 3);
        if (time > 0) _time = nn.Linear(time, outputs);
        _secondNorm = new ChannelNorm(groups, outputs, eps);
        _second = Convolution.Same(outputs, outputs, 3);
        if (inputs != outputs) _shortcut = Convolution.Same(inputs, outputs, 1);
        RegisterComponents();
    }

    /// <param name="x">N x C_in x H x W.</param>
    /// <param name="time">N x E, or null without a timestep.</param>
    /// <returns>N x C_out x H x W.</returns>
    public override Tensor forward(Tensor x, Tensor? time)
    {
        using var scope = NewDisposeScope();
        var h = _firstNorm.Activated(x).Then(_first.call);
        if (_time is not null && time is not null) h.PlusInPlace(_time.call(nn.functional.silu(time)).unsqueeze(-1).unsqueeze(-1));
        h = h.Then(_secondNorm.Activated).Then(_second.call);
        return h.PlusInPlace(_shortcut is null ? x : _shortcut.call(x)).MoveToOuterDisposeScope();
    }
}

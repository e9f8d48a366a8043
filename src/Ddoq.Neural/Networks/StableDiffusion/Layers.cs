using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.StableDiffusion;

/// <summary>Group norm with affine parameters "weight" and "bias": N x C x H x W to the same.</summary>
internal sealed class ChannelNorm : nn.Module<Tensor, Tensor>
{
    private readonly long _groups;
    private readonly double _eps;
#pragma warning disable IDE1006 // field names are checkpoint keys
    private readonly Parameter weight, bias;
#pragma warning restore IDE1006

    public ChannelNorm(long groups, long channels, double eps) : base(nameof(ChannelNorm))
    {
        if (channels % groups != 0) throw new ArgumentException($"{channels} channels cannot be cut into {groups} groups of a norm.", nameof(groups));
        (_groups, _eps) = (groups, eps);
        (weight, bias) = (new Parameter(ones(channels)), new Parameter(zeros(channels)));
        RegisterComponents();
    }

    // Some convolutions leave the channels last; the norm's gradient is far slower in that order.
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return nn.functional.group_norm(input.contiguous(), _groups, weight, bias, _eps).MoveToOuterDisposeScope();
    }

    /// <summary>silu(norm(x)), in one piece of memory where no gradient needs the other.</summary>
    public Tensor Activated(Tensor input) => is_grad_enabled() ? nn.functional.silu(call(input)) : nn.functional.silu(call(input), inplace: true);
}

/// <summary>Saves memory at large images.</summary>
internal static class Inference
{
    /// <summary>layer(read); what it has read is freed at once where no gradient needs it. The caller must own <paramref name="read"/>.</summary>
    public static Tensor Then(this Tensor read, Func<Tensor, Tensor> layer)
    {
        var result = layer(read);
        if (!is_grad_enabled()) read.Dispose();
        return result;
    }
}

/// <summary>Nearest-neighbour enlargement to a given size, then a convolution: N x C x H x W to N x C x H' x W'.</summary>
internal sealed class Upsample : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv")] private readonly Convolution _convolution;

    public Upsample(long channels) : base(nameof(Upsample))
    {
        _convolution = Convolution.Same(channels, channels, 3);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => To(input, 2 * input.shape[2], 2 * input.shape[3]);

    /// <summary>To the size of the skip connection that follows, which is odd where the input of the network was.</summary>
    public Tensor To(Tensor input, long height, long width)
    {
        using var scope = NewDisposeScope();
        return _convolution.call(nn.functional.interpolate(input, [height, width], mode: InterpolationMode.Nearest)).MoveToOuterDisposeScope();
    }
}

/// <summary>A convolution of stride 2: N x C x H x W to half the sides.</summary>
internal sealed class Downsample : nn.Module<Tensor, Tensor>
{
    private readonly bool _atTheEnd;
    [ComponentName(Name = "conv")] private readonly Convolution _convolution;

    /// <param name="channels">C.</param>
    /// <param name="atTheEnd">Whether one zero is added below and to the right only, as in the autoencoder; else one on every side.</param>
    public Downsample(long channels, bool atTheEnd) : base(nameof(Downsample))
    {
        _atTheEnd = atTheEnd;
        _convolution = new Convolution(channels, channels, 3, new ConvolutionGeometry(Stride: 2, Padding: atTheEnd ? 0 : 1));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _convolution.call(_atTheEnd ? nn.functional.pad(input, [0, 1, 0, 1]) : input).MoveToOuterDisposeScope();
    }
}

using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.StableDiffusion;

/// <summary>
/// The autoencoder of latent diffusion (Rombach et al. 2022) with the parameter names of diffusers: the first stage of Stable Diffusion v1.5, and
/// sd-vae-ft-mse and -ema, which DiT uses. Latents here are not scaled; multiply by <see cref="AutoencoderKLShape.LatentScale"/>.
/// </summary>
public sealed class AutoencoderKL : nn.Module<Tensor, Tensor>
{
    // Bounds of diffusers' posterior.
    private const float LowestLogVariance = -30, HighestLogVariance = 20;

    [ComponentName(Name = "encoder")] private readonly KLEncoder _encoder;
    [ComponentName(Name = "quant_conv")] private readonly Convolution _toMoments;
    [ComponentName(Name = "post_quant_conv")] private readonly Convolution _fromLatent;
    [ComponentName(Name = "decoder")] private readonly KLDecoder _decoder;

    /// <summary>Builds the network; weights are to be read.</summary>
    public AutoencoderKL(AutoencoderKLShape shape) : base(nameof(AutoencoderKL))
    {
        Shape = shape;
        _encoder = new KLEncoder(shape);
        _toMoments = Convolution.Same(2 * shape.LatentChannels, 2 * shape.LatentChannels, 1);
        _fromLatent = Convolution.Same(shape.LatentChannels, shape.LatentChannels, 1);
        _decoder = new KLDecoder(shape);
        RegisterComponents();
    }

    /// <summary>Shape of the network.</summary>
    public AutoencoderKLShape Shape { get; }

    /// <summary>The image through both halves, by the mean of its posterior.</summary>
    /// <param name="input">N x C x H x W in [-1, 1].</param>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Decode(Encode(input).Mean).MoveToOuterDisposeScope();
    }

    /// <summary>The posterior q(z|x) = N(mean, exp(log variance)), each N x C_z x H/F x W/F.</summary>
    /// <param name="images">N x C x H x W in [-1, 1], sides multiples of <see cref="AutoencoderKLShape.Factor"/>.</param>
    public (Tensor Mean, Tensor LogVariance) Encode(Tensor images)
    {
        using var scope = NewDisposeScope();
        var parts = Moments(images).chunk(2, 1);
        return (parts[0].MoveToOuterDisposeScope(), parts[1].Bounded(LowestLogVariance, HighestLogVariance).MoveToOuterDisposeScope());
    }

    /// <summary>Mean and unbounded log variance, one after the other: N x 2 C_z x H/F x W/F.</summary>
    public Tensor Moments(Tensor images)
    {
        using var scope = NewDisposeScope();
        return _toMoments.call(_encoder.call(images)).MoveToOuterDisposeScope();
    }

    /// <summary>Latents to images, about [-1, 1].</summary>
    /// <param name="latents">N x C_z x H/F x W/F, unscaled.</param>
    public Tensor Decode(Tensor latents)
    {
        using var scope = NewDisposeScope();
        return _decoder.call(_fromLatent.call(latents)).MoveToOuterDisposeScope();
    }
}

/// <summary>Images to moments before the last 1x1 convolution.</summary>
internal sealed class KLEncoder : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv_in")] private readonly Convolution _in;
    [ComponentName(Name = "down_blocks")] private readonly ModuleList<KLStage> _stages;
    [ComponentName(Name = "mid_block")] private readonly KLMiddle _middle;
    [ComponentName(Name = "conv_norm_out")] private readonly ChannelNorm _norm;
    [ComponentName(Name = "conv_out")] private readonly Convolution _out;

    public KLEncoder(AutoencoderKLShape shape) : base(nameof(KLEncoder))
    {
        var widths = shape.Widths;
        _in = Convolution.Same(shape.Channels, widths[0], 3);
        _stages = nn.ModuleList([.. widths.Select((width, i) => KLStage.Down(widths[Math.Max(0, i - 1)], width, shape.Layers, shape.Groups, halve: i < widths.Count - 1))]);
        _middle = new KLMiddle(widths[^1], shape.Groups);
        _norm = new ChannelNorm(shape.Groups, widths[^1], 1e-6);
        _out = Convolution.Same(widths[^1], 2 * shape.LatentChannels, 3);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var h = _in.call(input);
        foreach (var stage in _stages) h = h.Then(stage.call);
        return h.Then(_middle.call).Then(_norm.Activated).Then(_out.call).MoveToOuterDisposeScope();
    }
}

/// <summary>Latents to images.</summary>
internal sealed class KLDecoder : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv_in")] private readonly Convolution _in;
    [ComponentName(Name = "mid_block")] private readonly KLMiddle _middle;
    [ComponentName(Name = "up_blocks")] private readonly ModuleList<KLStage> _stages;
    [ComponentName(Name = "conv_norm_out")] private readonly ChannelNorm _norm;
    [ComponentName(Name = "conv_out")] private readonly Convolution _out;

    public KLDecoder(AutoencoderKLShape shape) : base(nameof(KLDecoder))
    {
        int[] widths = [.. shape.Widths.Reverse()];
        _in = Convolution.Same(shape.LatentChannels, widths[0], 3);
        _middle = new KLMiddle(widths[0], shape.Groups);
        _stages = nn.ModuleList([.. widths.Select((width, i) => KLStage.Up(widths[Math.Max(0, i - 1)], width, shape.Layers + 1, shape.Groups, doubled: i < widths.Length - 1))]);
        _norm = new ChannelNorm(shape.Groups, widths[^1], 1e-6);
        _out = Convolution.Same(widths[^1], shape.Channels, 3);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var h = _in.call(input).Then(_middle.call);
        foreach (var stage in _stages) h = h.Then(stage.call);
        return h.Then(_norm.Activated).Then(_out.call).MoveToOuterDisposeScope();
    }
}

/// <summary>The residual blocks of one resolution, then a change of resolution.</summary>
internal sealed class KLStage : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "resnets")] private readonly ModuleList<ResidualBlock> _blocks;
    [ComponentName(Name = "downsamplers")] private readonly ModuleList<Downsample>? _down;
    [ComponentName(Name = "upsamplers")] private readonly ModuleList<Upsample>? _up;

    private KLStage(int inputs, int outputs, int layers, int groups, Downsample? down, Upsample? up) : base(nameof(KLStage))
    {
        _blocks = nn.ModuleList([.. Enumerable.Range(0, layers).Select(j => new ResidualBlock(j == 0 ? inputs : outputs, outputs, groups, 1e-6))]);
        if (down is not null) _down = nn.ModuleList(down);
        if (up is not null) _up = nn.ModuleList(up);
        RegisterComponents();
    }

    public static KLStage Down(int inputs, int outputs, int layers, int groups, bool halve) => new(inputs, outputs, layers, groups, halve ? new Downsample(outputs, atTheEnd: true) : null, null);

    public static KLStage Up(int inputs, int outputs, int layers, int groups, bool doubled) => new(inputs, outputs, layers, groups, null, doubled ? new Upsample(outputs) : null);

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var h = _blocks[0].call(input, null);
        foreach (var block in _blocks.Skip(1)) h = h.Then(x => block.call(x, null));
        if (_down is not null) h = h.Then(_down[0].call);
        if (_up is not null) h = h.Then(_up[0].call);
        return h.MoveToOuterDisposeScope();
    }
}

/// <summary>Block, attention, block at the lowest resolution.</summary>
internal sealed class KLMiddle : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "resnets")] private readonly ModuleList<ResidualBlock> _blocks;
    [ComponentName(Name = "attentions")] private readonly ModuleList<PixelAttention> _attentions;

    public KLMiddle(int width, int groups) : base(nameof(KLMiddle))
    {
        _blocks = nn.ModuleList(new ResidualBlock(width, width, groups, 1e-6), new ResidualBlock(width, width, groups, 1e-6));
        _attentions = nn.ModuleList(new PixelAttention(width, groups));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _blocks[1].call(_attentions[0].call(_blocks[0].call(input, null)), null).MoveToOuterDisposeScope();
    }
}

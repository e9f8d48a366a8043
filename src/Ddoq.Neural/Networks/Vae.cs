using Ddoq.Datasets;
using Ddoq.Latents;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks;

/// <summary>Shape of the small <see cref="Vae"/>.</summary>
/// <param name="Image">Shape of the images; padded inside to multiples of 8.</param>
/// <param name="LatentChannels">Channels of the latent; rows and columns are those of the padded image over 4.</param>
/// <param name="Width">Channels at half resolution; twice as many at a quarter. A multiple of 16 is fastest.</param>
public sealed record VaeShape(ImageShape Image, int LatentChannels = 6, int Width = 32)
{
    /// <summary>Image pixels per latent cell along one axis.</summary>
    public const int Factor = 4;

    // A multiple of 8, so that latents have even sides and a prior can cut them into 2x2 patches.
    private const int Multiple = 2 * Factor;

    /// <summary>Rows after padding.</summary>
    public int PaddedHeight => (Image.Height + Multiple - 1) / Multiple * Multiple;

    /// <summary>Columns after padding.</summary>
    public int PaddedWidth => (Image.Width + Multiple - 1) / Multiple * Multiple;

    /// <summary>Shape of z.</summary>
    public LatentShape Latent => new(LatentChannels, PaddedHeight / Factor, PaddedWidth / Factor);
}

/// <summary>
/// A small variational autoencoder (Kingma and Welling 2014) with a convolutional encoder and decoder at a quarter of the
/// resolution. Resolution changes by pixel shuffling, so that every convolution has stride 1 and takes the fast path.
/// </summary>
public sealed class Vae : nn.Module<Tensor, Tensor>
{
    // Beyond these the posterior's deviation leaves what float32 can square.
    private const float LowestLogVariance = -20, HighestLogVariance = 10;

#pragma warning disable IDE1006
    private readonly Sequential encoder;
    private readonly Sequential decoder;
#pragma warning restore IDE1006

    /// <summary>Builds the network with zero weights.</summary>
    public Vae(VaeShape shape) : base(nameof(Vae))
    {
        Shape = shape;
        var (c, w, z) = (shape.Image.Channels, shape.Width, shape.LatentChannels);
        encoder = nn.Sequential(
            ("space_to_depth_in", nn.PixelUnshuffle(2)),
            ("conv_in", Convolution.Same(4 * c, w, 3)),
            ("half", new ResidualBlock(w)),
            ("space_to_depth", nn.PixelUnshuffle(2)),
            ("down", Convolution.Same(4 * w, 2 * w, 3)),
            ("quarter", new ResidualBlock(2 * w)),
            ("activation", nn.SiLU()),
            ("moments", Convolution.Same(2 * w, 2 * z, 3)));
        decoder = nn.Sequential(
            ("conv_in", Convolution.Same(z, 2 * w, 3)),
            ("quarter", new ResidualBlock(2 * w)),
            ("up", Convolution.Same(2 * w, 4 * w, 3)),
            ("depth_to_space", nn.PixelShuffle(2)),
            ("half", new ResidualBlock(w)),
            ("activation_half", nn.SiLU()),
            ("up_out", Convolution.Same(w, 2 * w, 3)),
            ("depth_to_space_out", nn.PixelShuffle(2)),
            ("activation", nn.SiLU()),
            ("conv_out", Convolution.Same(w / 2, c, 3)));
        RegisterComponents();
    }

    /// <summary>Shape of the network.</summary>
    public VaeShape Shape { get; }

    /// <summary>Images N x C x H x W in [-1, 1] to the posterior's mean and log variance, each N x C_z x H_z x W_z.</summary>
    public (Tensor Mean, Tensor LogVariance) Encode(Tensor images)
    {
        using var scope = NewDisposeScope();
        var moments = encoder.call(Pad(images)).chunk(2, 1);
        return (moments[0].MoveToOuterDisposeScope(), moments[1].clamp(LowestLogVariance, HighestLogVariance).MoveToOuterDisposeScope());
    }

    /// <summary>Images N x C x H x W in [-1, 1] to the posterior's mean alone, N x C_z x H_z x W_z.</summary>
    public Tensor EncodeMean(Tensor images)
    {
        using var scope = NewDisposeScope();
        return encoder.call(Pad(images)).narrow(1, 0, Shape.LatentChannels).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Latents N x C_z x H_z x W_z to images N x C x H x W, about [-1, 1].</summary>
    public Tensor Decode(Tensor latents)
    {
        using var scope = NewDisposeScope();
        var padded = decoder.call(latents);
        var (top, left) = Margins();
        return padded.narrow(2, top, Shape.Image.Height).narrow(3, left, Shape.Image.Width).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Reconstruction through the posterior's mean.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Decode(Encode(input).Mean).MoveToOuterDisposeScope();
    }

    private Tensor Pad(Tensor images)
    {
        var (top, left) = Margins();
        return nn.functional.pad(images, [left, Shape.PaddedWidth - Shape.Image.Width - left, top, Shape.PaddedHeight - Shape.Image.Height - top], PaddingModes.Replicate);
    }

    private (int Top, int Left) Margins() => ((Shape.PaddedHeight - Shape.Image.Height) / 2, (Shape.PaddedWidth - Shape.Image.Width) / 2);
}

/// <summary>x + conv(silu(conv(silu(x)))): without norms, which would hide an image's contrast from the decoder.</summary>
public sealed class ResidualBlock : nn.Module<Tensor, Tensor>
{
#pragma warning disable IDE1006
    private readonly Convolution conv1;
    private readonly Convolution conv2;
#pragma warning restore IDE1006

    /// <summary>A block over <paramref name="channels"/> channels.</summary>
    public ResidualBlock(int channels) : base(nameof(ResidualBlock))
    {
        conv1 = Convolution.Same(channels, channels, 3);
        conv2 = Convolution.Same(channels, channels, 3);
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var inner = conv1.call(nn.functional.silu(input));
        return input.Plus(conv2.call(nn.functional.silu(inner))).MoveToOuterDisposeScope();
    }
}

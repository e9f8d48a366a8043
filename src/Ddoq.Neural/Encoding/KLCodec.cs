using Ddoq.Datasets;
using Ddoq.Latents;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Networks.StableDiffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Encoding;

/// <summary>The autoencoder of a diffusers folder as a codec: posterior mean times its scaling factor.</summary>
public sealed class KLCodec : ILatentCodec
{
    // Pixels encoded or decoded at once: one image of 512 x 512.
    private const int PixelsAtOnce = 512 * 512;

    private readonly AutoencoderKL _network;
    private readonly int _batch;

    private KLCodec(AutoencoderKL network, int latentSide, string hash)
    {
        (_network, Hash) = (network, hash);
        var (shape, side) = (network.Shape, latentSide * network.Shape.Factor);
        (Image, Latent) = (new ImageShape(shape.Channels, side, side), new LatentShape(shape.LatentChannels, latentSide, latentSide));
        _batch = Math.Max(1, PixelsAtOnce / (side * side));
    }

    /// <inheritdoc />
    public string Name => "vae";

    /// <inheritdoc />
    public string Hash { get; }

    /// <inheritdoc />
    public ImageShape Image { get; }

    /// <inheritdoc />
    public LatentShape Latent { get; }

    /// <summary>Reads the part "vae" of a folder; the side of its latents is the one that the denoiser was trained on.</summary>
    /// <exception cref="Foundations.BadInputException">A part is missing, damaged or not supported; it is named.</exception>
    public static KLCodec Load(DiffusersFolder folder)
    {
        var shape = AutoencoderKLShape.Of(folder.Config("vae"));
        var side = folder.LatentSide();
        return new KLCodec(folder.LoadInto("vae", new AutoencoderKL(shape), AutoencoderKeys.Diffusers), side, folder.Hash("vae"));
    }

    /// <inheritdoc />
    public void Encode(ReadOnlySpan<byte> images, Span<float> latents)
    {
        using var quiet = no_grad();
        for (int first = 0, count = images.Length / Image.Size; first < count; first += _batch)
        {
            using var scope = NewDisposeScope();
            var rows = Math.Min(_batch, count - first);
            var x = Pixels.ToSymmetric(images.Slice(first * Image.Size, rows * Image.Size), Image);
            var z = _network.Encode(tensor(x, [rows, Image.Channels, Image.Height, Image.Width])).Mean * _network.Shape.LatentScale;
            z.ToFloats().CopyTo(latents[(first * Latent.Dimension)..]);
        }
    }

    /// <inheritdoc />
    public void Decode(ReadOnlySpan<float> latents, Span<byte> images)
    {
        using var quiet = no_grad();
        for (int first = 0, count = latents.Length / Latent.Dimension; first < count; first += _batch)
        {
            using var scope = NewDisposeScope();
            var rows = Math.Min(_batch, count - first);
            var z = tensor(latents.Slice(first * Latent.Dimension, rows * Latent.Dimension).ToArray(), [rows, Latent.Channels, Latent.Height, Latent.Width]) / _network.Shape.LatentScale;
            Pixels.FromSymmetric(_network.Decode(z).ToFloats(), images.Slice(first * Image.Size, rows * Image.Size));
        }
    }
}

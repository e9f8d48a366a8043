using System.Security.Cryptography;
using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Networks.StableDiffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Encoding;

/// <summary>The autoencoder of a diffusers folder as a codec: posterior mean, or a draw from the posterior, times its scaling factor.</summary>
public sealed class KLCodec : ILatentCodec
{
    // Pixels encoded or decoded at once: one image of 512 x 512.
    private const int PixelsAtOnce = 512 * 512;

    private readonly AutoencoderKL _network;
    private readonly int _batch;
    private readonly ScalarType _precision;
    private readonly SeedSequence? _draws;

    private KLCodec(AutoencoderKL network, int latentSide, string hash, ScalarType precision, SeedSequence? draws)
    {
        (_network, Hash, _precision, _draws) = (network, hash, precision, draws);
        network.to(precision);
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
    /// <param name="folder">In diffusers' layout.</param>
    /// <param name="precision">Numbers in which it computes.</param>
    /// <param name="draws">Draws each latent from its posterior, by a stream that depends on the pixels alone, so batches change nothing. Null takes the mean.</param>
    /// <exception cref="BadInputException">A part is missing, damaged or not supported; it is named.</exception>
    public static KLCodec Load(DiffusersFolder folder, ScalarType precision = ScalarType.Float32, SeedSequence? draws = null)
    {
        var shape = AutoencoderKLShape.Of(folder.Config("vae"));
        var side = folder.LatentSide();
        return new KLCodec(folder.LoadInto("vae", new AutoencoderKL(shape), AutoencoderKeys.Diffusers), side, folder.Hash("vae"), precision, draws);
    }

    /// <summary>Reads a folder that holds a VAE alone: config.json and its weights.</summary>
    /// <param name="folder">Such as sd-vae-ft-mse.</param>
    /// <param name="side">Rows and columns of the latents, those of the denoiser.</param>
    /// <param name="precision">Numbers in which it computes.</param>
    /// <param name="draws">As in <see cref="Load"/>.</param>
    /// <exception cref="BadInputException">Missing, damaged or not supported; it is named.</exception>
    public static KLCodec LoadAlone(string folder, int side, ScalarType precision = ScalarType.Float32, SeedSequence? draws = null)
    {
        var shape = AutoencoderKLShape.Of(NetworkConfig.Open(Path.Combine(folder, "config.json")));
        return new KLCodec(Weights.Load(DiffusersFolder.WeightsIn(folder), new AutoencoderKL(shape), AutoencoderKeys.Diffusers), side, DiffusersFolder.HashOf(folder), precision, draws);
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
            var (mean, logVariance) = _network.Encode(tensor(x, [rows, Image.Channels, Image.Height, Image.Width]).to(_precision));
            var z = mean.@float();
            if (_draws is { } seeds) z = z.Plus(logVariance.@float().Times(0.5).exp() * Noise(images.Slice(first * Image.Size, rows * Image.Size), seeds));
            z.Times(_network.Shape.LatentScale).ToFloats().CopyTo(latents[(first * Latent.Dimension)..]);
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
            var z = tensor(latents.Slice(first * Latent.Dimension, rows * Latent.Dimension).ToArray(), [rows, Latent.Channels, Latent.Height, Latent.Width]).Over(_network.Shape.LatentScale);
            Pixels.FromSymmetric(TiledDecoding.Decode(z.to(_precision), _network.Shape.Factor, _network.Decode).ToFloats(), images.Slice(first * Image.Size, rows * Image.Size));
        }
    }

    private Tensor Noise(ReadOnlySpan<byte> images, SeedSequence seeds)
    {
        var draws = new List<Tensor>();
        for (var at = 0; at < images.Length; at += Image.Size)
        {
            var content = BitConverter.ToInt64(SHA256.HashData(images.Slice(at, Image.Size)));
            draws.Add(Initialization.Gaussian(seeds.Stream("posterior", content), Latent.Channels, Latent.Height, Latent.Width));
        }
        return stack(draws);
    }
}

using Ddoq.Datasets;
using Ddoq.Latents;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Networks.StableDiffusion;
using Ddoq.Neural.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Encoding;

/// <summary>A VAE of our own as a codec: posterior mean times <see cref="VaeSettings.LatentScale"/>.</summary>
public sealed class VaeCodec : ILatentCodec, IDifferentiableDecoder
{
    private readonly AutoencoderKL _network;
    private readonly PixelCells _cells;
    private readonly float _scale;
    private readonly Tensor _divisor; // the scale again: numbers beside tensors are not safe on several threads (decision 0005)

    private VaeCodec(AutoencoderKL network, VaeSettings settings, string hash) =>
        (_network, _cells, _scale, _divisor, Latent, Hash) = (network, settings.Cells, (float)settings.LatentScale, tensor(new[] { (float)settings.LatentScale }).DetachFromDisposeScope(), settings.Latent, hash);

    /// <inheritdoc />
    public string Name => "vae";

    /// <inheritdoc />
    public string Hash { get; }

    /// <inheritdoc />
    public ImageShape Image => _cells.Image;

    /// <inheritdoc />
    public LatentShape Latent { get; }

    /// <summary>Opens a folder made by <see cref="VaeTrainer"/>.</summary>
    /// <exception cref="Foundations.BadInputException">It is no VAE, or a damaged one.</exception>
    public static VaeCodec Load(string folder)
    {
        var model = ModelFolder.Open(folder, "vae");
        var s = model.Settings<VaeSettings>();
        return new VaeCodec(model.LoadInto(new AutoencoderKL(s.Network)), s, model.Hash);
    }

    /// <inheritdoc />
    public void Encode(ReadOnlySpan<byte> images, Span<float> latents)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var batch = images.Length / Image.Size;
        var z = _network.Moments(_cells.Of(tensor(Pixels.ToSymmetric(images, Image), [batch, Image.Channels, Image.Height, Image.Width]))).narrow(1, 0, Latent.Channels).ToFloats();
        for (var i = 0; i < z.Length; i++) latents[i] = z[i] * _scale;
    }

    /// <inheritdoc />
    public void Decode(ReadOnlySpan<float> latents, Span<byte> images)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var z = tensor(latents.ToArray(), [latents.Length / Latent.Dimension, Latent.Channels, Latent.Height, Latent.Width]);
        Pixels.FromSymmetric(Decode(z).ToFloats(), images);
    }

    /// <inheritdoc />
    public Tensor Decode(Tensor latents)
    {
        using var scope = NewDisposeScope();
        return _cells.ToImages(_network.Decode(latents.div(_divisor))).MoveToOuterDisposeScope();
    }
}

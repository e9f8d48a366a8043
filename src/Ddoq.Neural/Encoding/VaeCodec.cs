using Ddoq.Datasets;
using Ddoq.Latents;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Encoding;

/// <summary>The trained VAE as a codec: posterior mean times <see cref="VaeSettings.LatentScale"/>.</summary>
public sealed class VaeCodec : ILatentCodec
{
    private readonly Vae _network;
    private readonly float _scale;

    private VaeCodec(Vae network, double scale, string hash) => (_network, _scale, Hash) = (network, (float)scale, hash);

    /// <inheritdoc />
    public string Name => "vae";

    /// <inheritdoc />
    public string Hash { get; }

    /// <inheritdoc />
    public ImageShape Image => _network.Shape.Image;

    /// <inheritdoc />
    public LatentShape Latent => _network.Shape.Latent;

    /// <summary>Opens a folder made by <see cref="VaeTrainer"/>.</summary>
    /// <exception cref="Foundations.BadInputException">It is no VAE, or a damaged one.</exception>
    public static VaeCodec Load(string folder)
    {
        var model = ModelFolder.Open(folder, "vae");
        var s = model.Settings<VaeSettings>();
        var network = model.LoadInto(new Vae(new VaeShape(new ImageShape(s.Channels, s.Height, s.Width), s.LatentChannels, s.Filters)));
        return new VaeCodec(network, s.LatentScale, model.Hash);
    }

    /// <inheritdoc />
    public void Encode(ReadOnlySpan<byte> images, Span<float> latents)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var batch = images.Length / Image.Size;
        var z = _network.EncodeMean(tensor(Pixels.ToSymmetric(images, Image), [batch, Image.Channels, Image.Height, Image.Width])).ToFloats();
        for (var i = 0; i < z.Length; i++) latents[i] = z[i] * _scale;
    }

    /// <inheritdoc />
    public void Decode(ReadOnlySpan<float> latents, Span<byte> images)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var scaled = latents.ToArray();
        for (var i = 0; i < scaled.Length; i++) scaled[i] /= _scale;
        var z = tensor(scaled, [latents.Length / Latent.Dimension, Latent.Channels, Latent.Height, Latent.Width]);
        Pixels.FromSymmetric(_network.Decode(z).ToFloats(), images);
    }
}

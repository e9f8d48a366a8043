using Ddoq.Datasets;
using Ddoq.Latents;

namespace Ddoq.Neural.Encoding;

/// <summary>
/// An encoder-decoder between images and latents. Latents leave and enter scaled to about unit variance, so the quantizer
/// and the prior need no factor of their own. Encoding and decoding are safe from several threads.
/// </summary>
public interface ILatentCodec
{
    /// <summary>Name for people: "vae", "pca".</summary>
    string Name { get; }

    /// <summary>SHA-256 of the model behind it: what latents and codebooks record.</summary>
    string Hash { get; }

    /// <summary>Shape of the images that it takes and gives.</summary>
    ImageShape Image { get; }

    /// <summary>Shape of z.</summary>
    LatentShape Latent { get; }

    /// <summary>Images to latents.</summary>
    /// <param name="images">B x C x H x W bytes.</param>
    /// <param name="latents">Receives B x D floats.</param>
    void Encode(ReadOnlySpan<byte> images, Span<float> latents);

    /// <summary>Latents to images, rounded to the nearest byte.</summary>
    /// <param name="latents">B x D floats.</param>
    /// <param name="images">Receives B x C x H x W bytes.</param>
    void Decode(ReadOnlySpan<float> latents, Span<byte> images);
}

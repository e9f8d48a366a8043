using Ddoq.Datasets;
using Ddoq.Latents;

namespace Ddoq.Neural.Encoding;

/// <summary>Images to vectors that are quantized or compared. Encoding is safe from several threads.</summary>
public interface ILatentEncoder
{
    /// <summary>Name for people: "vae", "pca", "teacher".</summary>
    string Name { get; }

    /// <summary>SHA-256 of the model behind it: what latents and codebooks record.</summary>
    string Hash { get; }

    /// <summary>Shape of the images that it takes.</summary>
    ImageShape Image { get; }

    /// <summary>Shape of z.</summary>
    LatentShape Latent { get; }

    /// <summary>Images to latents.</summary>
    /// <param name="images">B x C x H x W bytes.</param>
    /// <param name="latents">Receives B x D floats.</param>
    void Encode(ReadOnlySpan<byte> images, Span<float> latents);
}

/// <summary>
/// An encoder-decoder between images and latents. Latents leave and enter scaled to about unit variance, so the quantizer
/// and the prior need no factor of their own. Encoding and decoding are safe from several threads.
/// </summary>
public interface ILatentCodec : ILatentEncoder
{
    /// <summary>Latents to images, rounded to the nearest byte.</summary>
    /// <param name="latents">B x D floats.</param>
    /// <param name="images">Receives B x C x H x W bytes.</param>
    void Decode(ReadOnlySpan<float> latents, Span<byte> images);
}

/// <summary>A decoder through which gradients pass.</summary>
public interface IDifferentiableDecoder
{
    /// <summary>Latents to images, about [-1, 1].</summary>
    /// <param name="latents">N x C_z x H_z x W_z, as <see cref="ILatentEncoder.Encode"/> gives them.</param>
    /// <returns>N x C x H x W.</returns>
    TorchSharp.torch.Tensor Decode(TorchSharp.torch.Tensor latents);
}

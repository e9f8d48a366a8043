namespace Ddoq.Neural.Encoding;

/// <summary>Images through encoder and decoder: the control that shows what the autoencoder alone costs.</summary>
public static class CodecPass
{
    private const int Batch = 250;

    /// <summary>Encodes and decodes images, batch by batch.</summary>
    /// <param name="codec">Encoder and decoder.</param>
    /// <param name="images">N x C x H x W bytes.</param>
    /// <returns>As many bytes.</returns>
    public static byte[] Through(this ILatentCodec codec, ReadOnlySpan<byte> images)
    {
        var latents = new float[images.Length / codec.Image.Size * codec.Latent.Dimension];
        for (var at = 0; at < images.Length; at += Batch * codec.Image.Size)
        {
            var chunk = images[at..Math.Min(images.Length, at + Batch * codec.Image.Size)];
            var first = at / codec.Image.Size * codec.Latent.Dimension;
            codec.Encode(chunk, latents.AsSpan(first, chunk.Length / codec.Image.Size * codec.Latent.Dimension));
        }
        return codec.DecodeAll(latents);
    }

    /// <summary>Decodes any number of latents, batch by batch.</summary>
    public static byte[] DecodeAll(this ILatentCodec codec, ReadOnlySpan<float> latents)
    {
        var (size, d) = (codec.Image.Size, codec.Latent.Dimension);
        var images = new byte[latents.Length / d * size];
        for (var at = 0; at < latents.Length; at += Batch * d)
        {
            var chunk = latents[at..Math.Min(latents.Length, at + Batch * d)];
            codec.Decode(chunk, images.AsSpan(at / d * size, chunk.Length / d * size));
        }
        return images;
    }
}

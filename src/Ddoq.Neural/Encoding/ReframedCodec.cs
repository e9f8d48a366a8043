using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Latents;

namespace Ddoq.Neural.Encoding;

/// <summary>
/// A codec for images of another shape than its model takes: each is stretched to the model's size on the way in and back on the way out, grey becomes three equal channels and
/// colour its luma. Stretching without keeping the aspect ratio is what D4M does with Stable Diffusion.
/// </summary>
/// <param name="inner">The model's codec.</param>
/// <param name="image">Shape of the images outside, with one or three channels.</param>
public sealed class ReframedCodec(ILatentCodec inner, ImageShape image) : ILatentCodec
{
    /// <inheritdoc />
    public string Name => inner.Name;

    /// <inheritdoc />
    public string Hash => inner.Hash; // the latent space is the model's, whatever the images were

    /// <inheritdoc />
    public ImageShape Image => image;

    /// <inheritdoc />
    public LatentShape Latent => inner.Latent;

    /// <summary>The codec itself where the shapes agree, else one that reframes.</summary>
    /// <exception cref="BadInputException">The channels cannot be brought together.</exception>
    public static ILatentCodec For(ILatentCodec codec, ImageShape image)
    {
        if (codec.Image == image) return codec;
        if (image.Channels is not (1 or 3) || codec.Image.Channels is not (1 or 3))
            throw new BadInputException($"images of {image} cannot be brought to {codec.Image}, which the {codec.Name} takes: expected 1 or 3 channels on both sides. Use --prior pca, which fits any shape.");
        return new ReframedCodec(codec, image);
    }

    /// <inheritdoc />
    public void Encode(ReadOnlySpan<byte> images, Span<float> latents) => inner.Encode(Reframe(images, image, inner.Image), latents);

    /// <inheritdoc />
    public void Decode(ReadOnlySpan<float> latents, Span<byte> images)
    {
        var decoded = new byte[latents.Length / Latent.Dimension * inner.Image.Size];
        inner.Decode(latents, decoded);
        Reframe(decoded, inner.Image, image).CopyTo(images);
    }

    private static byte[] Reframe(ReadOnlySpan<byte> images, ImageShape source, ImageShape target)
    {
        var result = new byte[images.Length / source.Size * target.Size];
        var resized = source with { Height = target.Height, Width = target.Width };
        for (var i = 0; i < images.Length / source.Size; i++)
        {
            var stretched = PillowResize.Resize(images.Slice(i * source.Size, source.Size), source, target.Height, target.Width, ResizeFilter.Bicubic);
            Recolour(stretched, resized, result.AsSpan(i * target.Size, target.Size));
        }
        return result;
    }

    private static void Recolour(ReadOnlySpan<byte> pixels, ImageShape source, Span<byte> result)
    {
        var plane = source.Height * source.Width;
        if (pixels.Length == result.Length) pixels.CopyTo(result);
        else if (source.Channels == 1)
            for (var c = 0; c < 3; c++) pixels.CopyTo(result[(c * plane)..]);
        else
            for (var i = 0; i < plane; i++) result[i] = Luma(pixels[i], pixels[plane + i], pixels[2 * plane + i]);
    }

    // ITU-R 601-2 luma in 16-bit fixed point, Pillow's convert("L").
    private static byte Luma(int red, int green, int blue) => (byte)((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16);
}

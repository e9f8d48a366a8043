using Ddoq.Augmentations;
using Ddoq.Datasets;

namespace Ddoq.Neural.Encoding;

/// <summary>Floats to bytes, and back.</summary>
public static class Pixels
{
    /// <summary>Bytes 0..255 to [-1, 1].</summary>
    /// <param name="images">B x C x H x W.</param>
    /// <param name="shape">Shape of one.</param>
    public static float[] ToSymmetric(ReadOnlySpan<byte> images, ImageShape shape)
    {
        var symmetric = PixelNormalization.Symmetric(shape.Channels);
        float[][] tables = [.. Enumerable.Range(0, shape.Channels).Select(symmetric.Table)];
        var values = new float[images.Length];
        for (var at = 0; at < images.Length; at += shape.Size)
            AugmentationRecord.Identity.Apply(images.Slice(at, shape.Size), shape, tables, values.AsSpan(at, shape.Size));
        return values;
    }

    /// <summary>[-1, 1] to 0..255, rounded to nearest; values outside are clipped, as an image must be.</summary>
    public static void FromSymmetric(ReadOnlySpan<float> values, Span<byte> pixels)
    {
        for (var i = 0; i < values.Length; i++) pixels[i] = (byte)Math.Clamp(MathF.Round((values[i] + 1) * 127.5f), 0, 255);
    }

    /// <summary>0..255 to bytes, rounded to nearest; values outside are clipped, as an image must be.</summary>
    public static void FromBytes(ReadOnlySpan<float> values, Span<byte> pixels)
    {
        for (var i = 0; i < values.Length; i++) pixels[i] = (byte)Math.Clamp(MathF.Round(values[i]), 0, 255);
    }
}

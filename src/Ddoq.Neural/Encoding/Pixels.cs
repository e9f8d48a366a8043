namespace Ddoq.Neural.Encoding;

/// <summary>Floats to bytes.</summary>
public static class Pixels
{
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

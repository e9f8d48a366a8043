using Ddoq.Datasets;
using Ddoq.Foundations;
using SkiaSharp;

namespace Ddoq.Tests.Datasets;

/// <summary>Real image files in memory, written by the system codec, with pixels that differ everywhere.</summary>
internal static class SampleImages
{
    public static byte[] Noise(int length, ulong seed = 1)
    {
        var random = new SplitMix(seed);
        var bytes = new byte[length];
        for (var i = 0; i < length; i++) bytes[i] = (byte)random.NextUInt64();
        return bytes;
    }

    /// <summary>The file's bytes and its pixels C x H x W; WebP is written lossless.</summary>
    public static (byte[] File, byte[] Pixels) Rgb(ImageFormat format, int height, int width, ulong seed = 1)
    {
        var shape = new ImageShape(3, height, width);
        var pixels = Noise(shape.Size, seed);
        var file = format switch
        {
            ImageFormat.Png => ImageCodec.EncodePng(pixels, shape),
            ImageFormat.Jpeg => Jpeg(pixels, shape),
            ImageFormat.WebP => Skia(pixels, shape, map => map.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, 100))),
            ImageFormat.Bmp => Bmp(pixels, shape),
            _ => throw new ArgumentOutOfRangeException(nameof(format)),
        };
        return (file, pixels);
    }

    public static byte[] Jpeg(byte[] pixels, ImageShape shape) =>
        Skia(pixels, shape, map => map.Encode(new SKJpegEncoderOptions(95)));

    private static byte[] Skia(byte[] pixels, ImageShape shape, Func<SKPixmap, SKData?> encode)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(shape.Width, shape.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var area = shape.Height * shape.Width;
        for (var i = 0; i < area; i++)
            bitmap.SetPixel(i % shape.Width, i / shape.Width, new SKColor(pixels[i], pixels[area + i], pixels[2 * area + i]));
        using var map = bitmap.PeekPixels();
        using var data = encode(map)!;
        return data.ToArray();
    }

    // Skia reads BMP but writes none: a 24-bit bottom-up bitmap by hand.
    private static byte[] Bmp(byte[] pixels, ImageShape shape)
    {
        var rowBytes = (3 * shape.Width + 3) / 4 * 4;
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        writer.Write("BM"u8);
        foreach (var word in new[] { 54 + rowBytes * shape.Height, 0, 54, 40, shape.Width, shape.Height }) writer.Write(word);
        writer.Write((short)1);
        writer.Write((short)24);
        foreach (var word in new[] { 0, rowBytes * shape.Height, 2835, 2835, 0, 0 }) writer.Write(word);
        var area = shape.Height * shape.Width;
        for (var y = shape.Height - 1; y >= 0; y--)
        {
            for (var x = 0; x < shape.Width; x++)
                for (var c = 2; c >= 0; c--) writer.Write(pixels[c * area + y * shape.Width + x]);
            for (var pad = 3 * shape.Width; pad < rowBytes; pad++) writer.Write((byte)0);
        }
        return memory.ToArray();
    }
}

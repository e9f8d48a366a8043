using System.Buffers;
using Ddoq.Foundations;
using SkiaSharp;

namespace Ddoq.Datasets;

/// <summary>
/// Decodes PNG, JPEG, WebP and BMP, and encodes PNG. Pixels equal Pillow's: alpha is dropped, not blended; palettes, CMYK and 16 bits
/// become 8-bit RGB or grey (16 bits keep the high byte); EXIF orientation is ignored; of an animation the first frame is read.
/// Colour becomes grey by ITU-R 601-2 luma in 16-bit fixed point, Pillow's <c>convert("L")</c>. Safe from several threads.
/// </summary>
public static class ImageCodec
{
    /// <summary>Largest number of pixels that is decoded, Pillow's limit against decompression bombs.</summary>
    public const long MaximumPixels = 178_956_970;

    /// <summary>Longest side that is decoded.</summary>
    public const int MaximumSide = 65_500;

    /// <summary>Longest file that is read, 1 GiB.</summary>
    public const long MaximumFileLength = 1L << 30;

    /// <summary>Reads the header of an image file.</summary>
    /// <exception cref="BadInputException">The file is empty, unreadable, of another format, or too large to decode.</exception>
    public static ImageHeader ReadHeader(string path)
    {
        using var file = RentedFile.Read(path);
        return ReadHeader(file.Bytes, path);
    }

    /// <summary>Reads the header of an image in memory; <paramref name="where"/> names it in messages.</summary>
    /// <exception cref="BadInputException">The bytes are no readable image, or too large to decode.</exception>
    public static unsafe ImageHeader ReadHeader(ReadOnlySpan<byte> bytes, string where)
    {
        var format = RequireReadable(bytes, where);
        fixed (byte* start = bytes)
        {
            using var data = SKData.Create((nint)start, bytes.Length);
            using var codec = Open(data, format, where);
            return Header(codec, format);
        }
    }

    /// <summary>Decodes a file.</summary>
    /// <param name="path">The image file.</param>
    /// <param name="channels">1 for grey, 3 for RGB, null for what the file stores.</param>
    /// <exception cref="BadInputException">The file is empty, truncated, damaged, of another format, or too large to decode.</exception>
    public static DecodedImage Decode(string path, int? channels = null)
    {
        using var file = RentedFile.Read(path);
        return Decode(file.Bytes, path, channels);
    }

    /// <summary>Decodes bytes in memory; <paramref name="where"/> names them in messages.</summary>
    /// <param name="bytes">A whole image file.</param>
    /// <param name="where">Path or other name for messages.</param>
    /// <param name="channels">1 for grey, 3 for RGB, null for what the file stores.</param>
    /// <exception cref="BadInputException">The bytes are empty, truncated, damaged, of another format, or too large to decode.</exception>
    public static unsafe DecodedImage Decode(ReadOnlySpan<byte> bytes, string where, int? channels = null)
    {
        RequireChannels(channels ?? 1);
        var format = RequireReadable(bytes, where);
        fixed (byte* start = bytes)
        {
            using var data = SKData.Create((nint)start, bytes.Length);
            using var codec = Open(data, format, where);
            var header = Header(codec, format);
            var shape = header.Shape with { Channels = channels ?? header.Channels };
            return new DecodedImage(shape, DecodePlanes(codec, shape, where));
        }
    }

    /// <summary>Encodes pixels as PNG: one 8-bit grey channel or 8-bit RGB, lossless, the same bytes on every call.</summary>
    /// <param name="pixels">Bytes in C x H x W order.</param>
    /// <param name="shape">Shape with 1 or 3 channels.</param>
    /// <exception cref="ArgumentException">The length does not fit the shape, or the channels are neither 1 nor 3.</exception>
    public static byte[] EncodePng(ReadOnlySpan<byte> pixels, ImageShape shape)
    {
        RequireChannels(shape.Channels);
        if (pixels.Length != shape.Size || shape.Size == 0)
            throw new ArgumentException($"an image of {shape} needs {shape.Size} bytes and at least one, got {pixels.Length}.", nameof(pixels));
        return shape.Channels == 1 ? EncodeGrey(pixels, shape) : EncodeColour(pixels, shape);
    }

    private static unsafe byte[] EncodeGrey(ReadOnlySpan<byte> pixels, ImageShape shape)
    {
        fixed (byte* start = pixels)
            return Encode(new SKImageInfo(shape.Width, shape.Height, SKColorType.Gray8, SKAlphaType.Opaque), start, shape.Width);
    }

    private static unsafe byte[] EncodeColour(ReadOnlySpan<byte> pixels, ImageShape shape)
    {
        var area = shape.Height * shape.Width;
        var rented = ArrayPool<byte>.Shared.Rent(4 * area);
        try
        {
            Interleave(pixels, rented, area);
            fixed (byte* start = rented)
                return Encode(new SKImageInfo(shape.Width, shape.Height, SKColorType.Rgba8888, SKAlphaType.Opaque), start, 4 * shape.Width);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static unsafe byte[] Encode(SKImageInfo description, byte* start, int rowBytes)
    {
        using var pixmap = new SKPixmap(description, (nint)start, rowBytes);
        using var encoded = pixmap.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.AllFilters, 6))
            ?? throw new WorkFailedException($"the PNG encoder refused an image of {description.Width}x{description.Height}; memory may be short.");
        return encoded.ToArray();
    }

    private static ImageFormat RequireReadable(ReadOnlySpan<byte> bytes, string where)
    {
        if (bytes.IsEmpty) throw new BadInputException($"image '{where}' is empty. Remove it or copy it again.");
        var format = ImageSniffer.Sniff(bytes);
        if (ImageSniffer.IsReadable(format)) return format;
        var found = format == ImageFormat.Unknown ? "something that is no image" : Describe(format);
        throw new BadInputException($"'{where}' should be a PNG, JPEG, WebP or BMP image, but its first bytes say {found}. Convert or remove it.");
    }

    private static string Describe(ImageFormat format) => format switch
    {
        ImageFormat.Heif => "HEIC or AVIF",
        ImageFormat.Svg => "SVG or XML",
        ImageFormat.Document => "PDF or PostScript",
        _ => format.ToString().ToUpperInvariant(),
    };

    private static SKCodec Open(SKData data, ImageFormat format, string where)
    {
        var codec = SKCodec.Create(data)
            ?? throw new BadInputException($"the header of {format} image '{where}' cannot be read: truncated, damaged or too large. Copy it again or remove it.");
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if (width >= 1 && height >= 1 && width <= MaximumSide && height <= MaximumSide && (long)width * height <= MaximumPixels) return codec;
        codec.Dispose();
        throw new BadInputException($"image '{where}' says it is {width}x{height}; at most {MaximumSide} a side and {MaximumPixels} pixels are decoded. Shrink or remove it.");
    }

    private static ImageHeader Header(SKCodec codec, ImageFormat format) => new(
        format, codec.Info.Width, codec.Info.Height, codec.Info.ColorType == SKColorType.Gray8,
        Math.Max(1, codec.FrameCount), codec.EncodedOrigin != SKEncodedOrigin.TopLeft);

    // SKBitmap.Decode would premultiply alpha and give half-grey pixels for truncated files without an error: only the codec, only Success.
    private static unsafe byte[] DecodePlanes(SKCodec codec, ImageShape shape, string where)
    {
        var area = shape.Height * shape.Width;
        var rented = ArrayPool<byte>.Shared.Rent(4 * area);
        try
        {
            var description = new SKImageInfo(shape.Width, shape.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
            fixed (byte* start = rented) RequireSuccess(codec.GetPixels(description, (nint)start), where);
            var planes = GC.AllocateUninitializedArray<byte>(shape.Size);
            if (shape.Channels == 1) ToGrey(rented, planes);
            else Deinterleave(rented, planes, area);
            return planes;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static void RequireSuccess(SKCodecResult result, string where)
    {
        if (result == SKCodecResult.Success) return;
        var cause = result == SKCodecResult.IncompleteInput ? "is truncated" : $"is damaged ({result})";
        throw new BadInputException($"image '{where}' {cause}: its pixels cannot all be decoded. Copy it again or remove it.");
    }

    private static void ToGrey(ReadOnlySpan<byte> rgba, Span<byte> grey)
    {
        for (var i = 0; i < grey.Length; i++) grey[i] = Luma.Of(rgba[4 * i], rgba[4 * i + 1], rgba[4 * i + 2]);
    }

    private static void Deinterleave(ReadOnlySpan<byte> rgba, Span<byte> planes, int area)
    {
        for (var i = 0; i < area; i++)
            (planes[i], planes[area + i], planes[2 * area + i]) = (rgba[4 * i], rgba[4 * i + 1], rgba[4 * i + 2]);
    }

    private static void Interleave(ReadOnlySpan<byte> planes, Span<byte> rgba, int area)
    {
        for (var i = 0; i < area; i++)
            (rgba[4 * i], rgba[4 * i + 1], rgba[4 * i + 2], rgba[4 * i + 3]) = (planes[i], planes[area + i], planes[2 * area + i], 255);
    }

    private static void RequireChannels(int channels)
    {
        if (channels is not (1 or 3)) throw new ArgumentOutOfRangeException(nameof(channels), channels, "channels are 1 (grey) or 3 (RGB).");
    }
}

namespace Ddoq.Datasets;

/// <summary>Image file formats told apart by their first bytes, never by the file's name.</summary>
public enum ImageFormat
{
    /// <summary>None of the known formats.</summary>
    Unknown,

    /// <summary>PNG, lossless. Read and written.</summary>
    Png,

    /// <summary>JPEG, lossy. Read.</summary>
    Jpeg,

    /// <summary>WebP, lossy or lossless. Read; of an animation the first frame.</summary>
    WebP,

    /// <summary>Windows bitmap. Read.</summary>
    Bmp,

    /// <summary>GIF. Recognised, not read.</summary>
    Gif,

    /// <summary>TIFF. Recognised, not read.</summary>
    Tiff,

    /// <summary>AVIF or HEIC. Recognised, not read.</summary>
    Heif,

    /// <summary>SVG or other XML. Recognised, never rendered.</summary>
    Svg,

    /// <summary>PDF or PostScript. Recognised, never rendered.</summary>
    Document,
}

/// <summary>Recognises image formats by magic bytes.</summary>
public static class ImageSniffer
{
    /// <summary>How many leading bytes <see cref="Sniff"/> needs to tell every format apart.</summary>
    public const int PrefixLength = 16;

    /// <summary>True for the formats that <see cref="ImageCodec"/> decodes.</summary>
    public static bool IsReadable(ImageFormat format) =>
        format is ImageFormat.Png or ImageFormat.Jpeg or ImageFormat.WebP or ImageFormat.Bmp;

    /// <summary>The format that the leading bytes of a file announce.</summary>
    public static ImageFormat Sniff(ReadOnlySpan<byte> prefix)
    {
        if (prefix.StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])) return ImageFormat.Png;
        if (prefix.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF])) return ImageFormat.Jpeg;
        if (prefix.StartsWith("RIFF"u8) && At(prefix, 8, "WEBP"u8)) return ImageFormat.WebP;
        if (prefix.StartsWith("BM"u8)) return ImageFormat.Bmp;
        if (prefix.StartsWith("GIF8"u8)) return ImageFormat.Gif;
        if (prefix.StartsWith("II*\0"u8) || prefix.StartsWith("MM\0*"u8)) return ImageFormat.Tiff;
        if (At(prefix, 4, "ftyp"u8)) return ImageFormat.Heif;
        if (prefix.StartsWith("<svg"u8) || prefix.StartsWith("<?xml"u8)) return ImageFormat.Svg;
        if (prefix.StartsWith("%PDF"u8) || prefix.StartsWith("%!PS"u8)) return ImageFormat.Document;
        return ImageFormat.Unknown;
    }

    private static bool At(ReadOnlySpan<byte> prefix, int offset, ReadOnlySpan<byte> magic) =>
        prefix.Length >= offset + magic.Length && prefix.Slice(offset, magic.Length).SequenceEqual(magic);
}

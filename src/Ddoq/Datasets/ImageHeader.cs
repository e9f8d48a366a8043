namespace Ddoq.Datasets;

/// <summary>What an image file's header says, read without decoding pixels.</summary>
/// <param name="Format">Format by magic bytes.</param>
/// <param name="Width">Columns, at least 1.</param>
/// <param name="Height">Rows, at least 1.</param>
/// <param name="StoredGrey">True if the file stores one grey channel; false for colour, palettes and alpha.</param>
/// <param name="Frames">Frames of an animation; 1 for a still. Only the first is read.</param>
/// <param name="Turned">True if EXIF asks viewers to turn or mirror the image. It is read as stored, as torchvision does.</param>
public readonly record struct ImageHeader(ImageFormat Format, int Width, int Height, bool StoredGrey, int Frames, bool Turned)
{
    /// <summary>Channels as stored: 1 for grey, else 3.</summary>
    public int Channels => StoredGrey ? 1 : 3;

    /// <summary>Shape as stored.</summary>
    public ImageShape Shape => new(Channels, Height, Width);
}

/// <summary>A decoded image.</summary>
/// <param name="Shape">Channels, rows, columns.</param>
/// <param name="Pixels">Bytes in C x H x W order.</param>
public sealed record DecodedImage(ImageShape Shape, byte[] Pixels);

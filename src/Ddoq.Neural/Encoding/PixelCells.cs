using Ddoq.Datasets;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Encoding;

/// <summary>
/// Images of any size as cells of 2 x 2 pixels, four channels each: a quarter of the positions, where convolutions are fast. The image stands in the middle of the next size that divides;
/// around it the border repeats the nearest pixel, and is cut away on the way back.
/// </summary>
/// <param name="Image">Shape of the images.</param>
/// <param name="Multiple">Rows and columns are padded to multiples of it; even.</param>
public readonly record struct PixelCells(ImageShape Image, int Multiple)
{
    private const int Side = 2;

    /// <summary>Channels, rows and columns of cells.</summary>
    public ImageShape Shape => new(Image.Channels * Side * Side, PaddedHeight / Side, PaddedWidth / Side);

    /// <summary>Rows after padding.</summary>
    public int PaddedHeight => (Image.Height + Multiple - 1) / Multiple * Multiple;

    /// <summary>Columns after padding.</summary>
    public int PaddedWidth => (Image.Width + Multiple - 1) / Multiple * Multiple;

    private (int Top, int Left) Corner => ((PaddedHeight - Image.Height) / 2, (PaddedWidth - Image.Width) / 2);

    /// <summary>N x C x H x W to N x 4C x H'/2 x W'/2, H' and W' padded.</summary>
    public Tensor Of(Tensor images)
    {
        using var scope = NewDisposeScope();
        var (top, left) = Corner;
        var padded = nn.functional.pad(images, [left, PaddedWidth - Image.Width - left, top, PaddedHeight - Image.Height - top], PaddingModes.Replicate);
        return nn.functional.pixel_unshuffle(padded, Side).MoveToOuterDisposeScope();
    }

    /// <summary>The way back: N x 4C x H'/2 x W'/2 to N x C x H x W.</summary>
    public Tensor ToImages(Tensor cells)
    {
        using var scope = NewDisposeScope();
        var (top, left) = Corner;
        return nn.functional.pixel_shuffle(cells, Side).narrow(2, top, Image.Height).narrow(3, left, Image.Width).contiguous().MoveToOuterDisposeScope();
    }
}

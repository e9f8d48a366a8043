using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Augmentations;

/// <summary>A rectangle of pixels, ends exclusive.</summary>
public readonly record struct PixelBox(int Top, int Left, int Bottom, int Right);

/// <summary>What one view is mixed with. A mixed sample has <paramref name="Share"/> of the first image's label and loss weight, and the rest of the partner's.</summary>
/// <param name="Partner">Row of the second image.</param>
/// <param name="Share">Share of the first image, in [0, 1].</param>
/// <param name="Box">Rectangle that the partner fills; null for a weighted mean.</param>
public readonly record struct Mixture(int Partner, double Share, PixelBox? Box)
{
    /// <summary>The rectangle that takes about (1 - <paramref name="share"/>) of the area around a centre, cut off at the edges; the share is that which is left.</summary>
    /// <param name="partner">Row of the second image.</param>
    /// <param name="share">Wanted share of the first image, in [0, 1].</param>
    /// <param name="shape">Shape of both.</param>
    /// <param name="row">Centre, in [0, height).</param>
    /// <param name="column">Centre, in [0, width).</param>
    public static Mixture Cut(int partner, double share, ImageShape shape, int row, int column)
    {
        var side = Math.Sqrt(1 - share);
        var (rows, columns) = ((int)(shape.Height * side), (int)(shape.Width * side));
        var box = new PixelBox(
            Math.Clamp(row - rows / 2, 0, shape.Height), Math.Clamp(column - columns / 2, 0, shape.Width),
            Math.Clamp(row + rows / 2, 0, shape.Height), Math.Clamp(column + columns / 2, 0, shape.Width));
        return new Mixture(partner, 1 - (double)(box.Bottom - box.Top) * (box.Right - box.Left) / ((double)shape.Height * shape.Width), box);
    }

    /// <summary>Share of the first image at each pixel, row by row.</summary>
    /// <param name="shares">Receives H x W numbers.</param>
    /// <param name="width">W.</param>
    public void FillShares(Span<float> shares, int width)
    {
        shares.Fill(Box is null ? (float)Share : 1);
        if (Box is not { } box) return;
        for (var y = box.Top; y < box.Bottom; y++) shares.Slice(y * width + box.Left, box.Right - box.Left).Clear();
    }

    /// <summary>A draw of Beta(a, a), a in (0, 1]: Johnk's method (Johnk 1964).</summary>
    internal static double Beta(double a, ref SplitMix stream)
    {
        while (true)
        {
            var (x, y) = (Math.Pow(stream.NextDouble(), 1 / a), Math.Pow(stream.NextDouble(), 1 / a));
            if (x + y is > 0 and <= 1) return x / (x + y);
        }
    }
}

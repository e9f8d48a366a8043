using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Augmentations;

/// <summary>A rectangle of pixels, ends exclusive.</summary>
public readonly record struct PixelBox(int Top, int Left, int Bottom, int Right);

/// <summary>Mixtures of two images each: of a batch and of the same batch in another order.</summary>
public static class Mixing
{
    /// <summary>share x + (1 - share) x[order] (mixup; Zhang et al. 2018).</summary>
    public static Tensor MixUp(Tensor images, Tensor order, double share)
    {
        using var scope = NewDisposeScope();
        return (share * images + (1 - share) * images.index_select(0, order)).MoveToOuterDisposeScope();
    }

    /// <summary>x with a rectangle of x[order] in it (CutMix; Yun et al. 2019).</summary>
    public static Tensor CutMix(Tensor images, Tensor order, PixelBox box)
    {
        var mixed = images.clone();
        using var scope = NewDisposeScope();
        TensorIndex[] part = [TensorIndex.Colon, TensorIndex.Colon, TensorIndex.Slice(box.Top, box.Bottom), TensorIndex.Slice(box.Left, box.Right)];
        mixed.index_put_(images.index_select(0, order).index(part), part);
        return mixed;
    }

    /// <summary>The rectangle that takes about (1 - <paramref name="share"/>) of the area around a centre, cut off at the edges, and the share that is left of the first image.</summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="share">Wanted share of the first image, in [0, 1].</param>
    /// <param name="row">Centre, in [0, height).</param>
    /// <param name="column">Centre, in [0, width).</param>
    public static (PixelBox Box, double Share) CutBox(int height, int width, double share, int row, int column)
    {
        var side = Math.Sqrt(1 - share);
        var (rows, columns) = ((int)(height * side), (int)(width * side));
        var box = new PixelBox(
            Math.Clamp(row - rows / 2, 0, height), Math.Clamp(column - columns / 2, 0, width),
            Math.Clamp(row + rows / 2, 0, height), Math.Clamp(column + columns / 2, 0, width));
        return (box, 1 - (double)(box.Bottom - box.Top) * (box.Right - box.Left) / ((double)height * width));
    }
}

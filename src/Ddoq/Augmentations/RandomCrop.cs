using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Augmentations;

/// <summary>torchvision's RandomResizedCrop: a box of random area and aspect, brought back to the size of the image.</summary>
internal static class RandomCrop
{
    private const int Attempts = 10;
    private const double LeastAspect = 3.0 / 4, LargestAspect = 4.0 / 3;

    /// <summary>Area uniform in [<paramref name="leastArea"/>, 1] of the image, aspect log-uniform in [3/4, 4/3], anywhere inside; after ten boxes that do not fit, the middle.</summary>
    public static CropBox Box(ImageShape shape, double leastArea, ref SplitMix stream)
    {
        var area = (double)shape.Height * shape.Width;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var wanted = area * (leastArea + (1 - leastArea) * stream.NextDouble());
            var aspect = Math.Exp(Math.Log(LeastAspect) + Math.Log(LargestAspect / LeastAspect) * stream.NextDouble());
            var (height, width) = ((int)Math.Round(Math.Sqrt(wanted / aspect)), (int)Math.Round(Math.Sqrt(wanted * aspect)));
            if (height is < 1 || height > shape.Height || width is < 1 || width > shape.Width) continue;
            return new CropBox(stream.Next(shape.Height - height + 1), stream.Next(shape.Width - width + 1), height, width);
        }
        return Middle(shape);
    }

    /// <summary>The box, resized to the whole image.</summary>
    public static byte[] Enlarged(ReadOnlySpan<byte> image, ImageShape shape, CropBox box) => shape.Height == shape.Width
        ? PillowResize.ResizedCrop(image, shape, box, shape.Height, ResizeFilter.Bilinear, flip: false)
        : throw new ArgumentException($"views of {shape} cannot be cropped: only square images can.", nameof(shape));

    // Whole in one direction, cut to the nearest permitted aspect in the other.
    private static CropBox Middle(ImageShape shape)
    {
        var aspect = Math.Clamp(shape.Width / (double)shape.Height, LeastAspect, LargestAspect);
        var (height, width) = (Math.Min(shape.Height, (int)Math.Round(shape.Width / aspect)), Math.Min(shape.Width, (int)Math.Round(shape.Height * aspect)));
        return new CropBox((shape.Height - height) / 2, (shape.Width - width) / 2, height, width);
    }
}

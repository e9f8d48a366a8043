using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Encoding;

/// <summary>
/// Sums of products of bytes, exact: 256 products of two bytes stay below 2^24, so a float32 matrix product over 256 terms has
/// no rounding in whatever order the library adds, and float64 adds up the blocks without rounding either.
/// </summary>
internal static class PixelMoments
{
    /// <summary>Terms of one exact product: 256 * 255^2 is below 2^24.</summary>
    private const int Terms = 256;

    /// <summary>Mean pixel and covariance (divided by N) of all images, in bytes: P and P x P, float64.</summary>
    public static (Tensor Mean, Tensor Covariance) OfPixels(IImageDataset dataset, IProgress<StageProgress>? progress, CancellationToken cancel)
    {
        using var scope = NewDisposeScope();
        var p = dataset.Shape.Size;
        var (sum, products) = (zeros(p, ScalarType.Float64), zeros(p, p, ScalarType.Float64));
        foreach (var rows in Enumerable.Range(0, dataset.Count).Chunk(Terms))
        {
            cancel.ThrowIfCancellationRequested();
            using var block = NewDisposeScope();
            var x = tensor(Floats(Read(dataset, rows)), [rows.Length, p]);
            products.PlusInPlace(x.t().mm(x));
            sum.PlusInPlace(x.sum([0L])); // at most 256 * 255: exact as well
            progress?.Report(new StageProgress("fit pca", rows[^1] + 1, dataset.Count, "images"));
        }
        var mean = sum.Over(dataset.Count);
        return (mean.MoveToOuterDisposeScope(), products.OverInPlace(dataset.Count).sub_(mean.outer(mean)).MoveToOuterDisposeScope());
    }

    /// <summary>Products of every pair of images, centred: N x N, float64.</summary>
    /// <param name="images">N x P bytes.</param>
    /// <param name="pixels">P.</param>
    /// <param name="progress">Receives each block of pixels.</param>
    /// <param name="cancel">Checked once per block.</param>
    public static Tensor OfImages(byte[] images, int pixels, IProgress<StageProgress>? progress, CancellationToken cancel)
    {
        using var scope = NewDisposeScope();
        var n = images.Length / pixels;
        var gram = zeros(n, n, ScalarType.Float64);
        for (var first = 0; first < pixels; first += Terms)
        {
            cancel.ThrowIfCancellationRequested();
            using var block = NewDisposeScope();
            var x = Columns(images, pixels, first, Math.Min(Terms, pixels - first));
            gram.PlusInPlace(x.mm(x.t()));
            progress?.Report(new StageProgress("fit pca", Math.Min(first + Terms, pixels), pixels, "pixels"));
        }
        var means = gram.mean([0], keepdim: true);
        return (gram - means - means.t()).Plus(means.mean()).MoveToOuterDisposeScope();
    }

    /// <summary>Columns first .. first + count - 1 of N x P bytes, N x count, float32.</summary>
    public static Tensor Columns(byte[] images, int pixels, int first, int count)
    {
        var n = images.Length / pixels;
        var values = new float[n * count];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < count; j++) values[i * count + j] = images[(long)i * pixels + first + j];
        return tensor(values, [n, count]);
    }

    /// <summary>Reads rows of a data set, N x P bytes.</summary>
    public static byte[] Read(IImageDataset dataset, ReadOnlySpan<int> rows)
    {
        var size = dataset.Shape.Size;
        var images = new byte[(long)rows.Length * size];
        for (var b = 0; b < rows.Length; b++) dataset.Read(rows[b], images.AsSpan(b * size, size));
        return images;
    }

    private static float[] Floats(byte[] bytes) => Array.ConvertAll(bytes, b => (float)b);
}

using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Encoding;

/// <summary>
/// Principal component analysis of images (Pearson 1901; by inner products of images where there are more pixels than that is worth:
/// Sirovich and Kirby 1987). All figures in bytes.
/// </summary>
/// <param name="Mean">Mean image, P.</param>
/// <param name="Axes">D x P, orthonormal rows by falling variance; the largest component of each is positive.</param>
/// <param name="Variances">Variance along each axis (divided by N), falling.</param>
/// <param name="TotalVariance">Sum over all P axes.</param>
/// <param name="Images">Images that it was computed from.</param>
internal sealed record PrincipalAxes(float[] Mean, float[] Axes, double[] Variances, double TotalVariance, int Images)
{
    /// <summary>Up to this many pixels the covariance of all images is decomposed (134 MB); above, the products of some images.</summary>
    public const int MostPixels = 4096;

    /// <summary>Images used where there are more than <see cref="MostPixels"/> pixels.</summary>
    public const int MostImages = 2000;

    // Below this share of the largest variance an axis is rounding noise.
    private const double Negligible = 1e-10;

    /// <summary>The first axes, at most <paramref name="most"/> and at most as many as there are directions with variance.</summary>
    public static PrincipalAxes Of(IImageDataset dataset, int most, IProgress<StageProgress>? progress = null, CancellationToken cancel = default, int mostPixels = MostPixels)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        return dataset.Shape.Size <= mostPixels ? FromCovariance(dataset, most, progress, cancel) : FromProducts(dataset, most, progress, cancel);
    }

    private static PrincipalAxes FromCovariance(IImageDataset dataset, int most, IProgress<StageProgress>? progress, CancellationToken cancel)
    {
        var (mean, covariance) = PixelMoments.OfPixels(dataset, progress, cancel);
        var total = covariance.trace().item<double>();
        var (variances, vectors) = Largest(covariance, most);
        return new PrincipalAxes(mean.ToFloats(), WithFixedSigns(vectors.t().ToFloats(), dataset.Shape.Size), variances, total, dataset.Count);
    }

    private static PrincipalAxes FromProducts(IImageDataset dataset, int most, IProgress<StageProgress>? progress, CancellationToken cancel)
    {
        var (n, pixels) = (Math.Min(dataset.Count, MostImages), dataset.Shape.Size);
        var images = PixelMoments.Read(dataset, [.. Enumerable.Range(0, n).Select(i => (int)((long)i * dataset.Count / n))]);
        var products = PixelMoments.OfImages(images, pixels, progress, cancel).Over(n);
        var total = products.trace().item<double>();
        var (variances, vectors) = Largest(products, most);
        var (mean, axes) = (new float[pixels], new float[(long)variances.Length * pixels]);
        for (var first = 0; first < pixels; first += MostPixels)
        {
            cancel.ThrowIfCancellationRequested();
            Project(images, vectors, variances, first, Math.Min(MostPixels, pixels - first), mean, axes);
        }
        return new PrincipalAxes(mean, WithFixedSigns(axes, pixels), variances, total, n);
    }

    // An eigenvector u of the products gives the axis X^T u, of length sqrt(N variance).
    private static void Project(byte[] images, Tensor vectors, double[] variances, int first, int count, float[] mean, float[] axes)
    {
        using var scope = NewDisposeScope();
        var x = PixelMoments.Columns(images, mean.Length, first, count).to(ScalarType.Float64);
        var centre = x.mean([0]);
        var lengths = tensor(Array.ConvertAll(variances, v => Math.Sqrt(v * x.shape[0]))).unsqueeze(1);
        var part = (vectors.t().mm(x - centre) / lengths).ToFloats(); // D x count
        centre.ToFloats().CopyTo(mean, first);
        for (var d = 0; d < variances.Length; d++) part.AsSpan(d * count, count).CopyTo(axes.AsSpan(d * mean.Length + first));
    }

    /// <summary>Largest eigenvalues, falling, and their vectors as columns.</summary>
    private static (double[] Values, Tensor Vectors) Largest(Tensor symmetric, int most)
    {
        var (values, vectors) = linalg.eigh(symmetric); // rising
        var falling = values.flip(0).data<double>().ToArray();
        var count = falling.Take(most).TakeWhile(v => v > 0 && v > Negligible * falling[0]).Count();
        return (falling[..count], vectors.flip(1).narrow(1, 0, count));
    }

    // An eigenvector's sign is arbitrary; the same images shall give the same latents.
    private static float[] WithFixedSigns(float[] axes, int pixels)
    {
        for (var first = 0; first < axes.Length; first += pixels)
        {
            var axis = axes.AsSpan(first, pixels);
            var largest = 0;
            for (var p = 1; p < pixels; p++)
                if (Math.Abs(axis[p]) > Math.Abs(axis[largest])) largest = p;
            if (axis[largest] >= 0) continue;
            foreach (ref var component in axis) component = -component;
        }
        return axes;
    }
}

using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Augmentations;

/// <summary>
/// Resizes float images by one matrix for rows and one for columns, so it is differentiable to any order. Pixel centres at half; the border is repeated where a filter
/// reaches beyond it, or, with antialiasing, left out of the weighted mean. The numbers are those of torch's interpolate.
/// </summary>
public static class TensorResize
{
    /// <summary>Nearest pixel: floor(i h / h').</summary>
    public static Tensor Nearest(Tensor images, int height, int width) => By(images,
        Matrix(images.shape[^2], height, (o, n, put) => put(o * n / height, 1)), Matrix(images.shape[^1], width, (o, n, put) => put(o * n / width, 1)));

    /// <summary>Triangle filter; widened where the image shrinks if <paramref name="antialias"/>.</summary>
    /// <param name="images">... x H x W.</param>
    /// <param name="height">H'.</param>
    /// <param name="width">W'.</param>
    /// <param name="antialias">As Pillow does.</param>
    public static Tensor Bilinear(Tensor images, int height, int width, bool antialias) => Filtered(images, height, width, antialias, 1, x => Math.Max(0, 1 - x));

    /// <summary>Cubic convolution (Keys 1981), a = -0.75, or -0.5 with <paramref name="antialias"/>.</summary>
    /// <inheritdoc cref="Bilinear"/>
    public static Tensor Bicubic(Tensor images, int height, int width, bool antialias) => Filtered(images, height, width, antialias, 2, x => Keys(x, antialias ? -0.5 : -0.75));

    private static Tensor Filtered(Tensor images, int height, int width, bool antialias, double reach, Func<double, double> weight)
    {
        double[,] Of(long from, int to) => antialias ? Widened(from, to, reach, weight) : Interpolated(from, to, (int)reach, weight);
        return By(images, Of(images.shape[^2], height), Of(images.shape[^1], width));
    }

    private static double[,] Interpolated(long from, int to, int reach, Func<double, double> weight) => Matrix(from, to, (o, n, put) =>
    {
        var at = (o + 0.5) * n / to - 0.5;
        if (reach == 1) at = Math.Max(0, at);
        var left = (long)Math.Floor(at);
        for (var i = left - reach + 1; i <= left + reach; i++) put(Math.Clamp(i, 0, n - 1), weight(Math.Abs(i - at)));
    });

    private static double[,] Widened(long from, int to, double reach, Func<double, double> weight) => Matrix(from, to, (o, n, put) =>
    {
        var scale = Math.Max(1, (double)n / to);
        var centre = (o + 0.5) * n / to;
        var (first, end) = (Math.Max(0, (long)(centre - reach * scale + 0.5)), Math.Min(n, (long)(centre + reach * scale + 0.5)));
        var weights = Enumerable.Range(0, (int)(end - first)).Select(i => weight(Math.Abs((i + first - centre + 0.5) / scale))).ToArray();
        for (var i = 0; i < weights.Length; i++) put(first + i, weights[i] / weights.Sum());
    });

    private static double[,] Matrix(long from, int to, Action<long, long, Action<long, double>> row)
    {
        var matrix = new double[to, from];
        for (var o = 0; o < to; o++) row(o, from, (i, w) => matrix[o, i] += w);
        return matrix;
    }

    private static Tensor By(Tensor images, double[,] rows, double[,] columns)
    {
        using var scope = NewDisposeScope();
        var (r, c) = (tensor(rows).to(images.dtype), tensor(columns).to(images.dtype));
        return einsum("...hw,ih,jw->...ij", images, r, c).MoveToOuterDisposeScope();
    }

    private static double Keys(double x, double a) => x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

using CsCheck;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

/// <summary>Sample matrices for tests.</summary>
internal static class Draws
{
    /// <summary>Standard normal samples around centres 4 apart, so that there is something to cluster.</summary>
    public static SampleMatrix Blobs(int count, int dimension, int blobs, ulong seed = 1)
    {
        var random = new SplitMix(seed);
        var values = new float[count * dimension];
        for (var i = 0; i < values.Length; i++) values[i] = (float)(random.NextGaussian() + 4 * (i / dimension % blobs) * (i % dimension % 2 == 0 ? 1 : -1));
        return new SampleMatrix(values, dimension);
    }

    /// <summary>Small matrices with ties and duplicates: whole numbers from -4 to 4.</summary>
    public static readonly Gen<(SampleMatrix Samples, int K)> Small =
        from dimension in Gen.Int[1, 11]
        from k in Gen.Int[1, 5]
        from count in Gen.Int[k, 30]
        from values in Gen.Int[-4, 4].Array[count * dimension]
        select (new SampleMatrix(values.Select(v => (float)v).ToArray(), dimension), k);

    public static SampleMatrix Map(this SampleMatrix samples, Func<float, float> map) =>
        new(samples.Values.ToArray().Select(map).ToArray(), samples.Dimension, samples.Weights);

    public static SampleMatrix Weighted(this SampleMatrix samples, params double[] weights) => new(samples.Values, samples.Dimension, weights);

    /// <summary>Equal-mass points of N(0,1): the means of n slices of equal mass, so that sums stand for integrals.</summary>
    public static SampleMatrix NormalGrid(int count)
    {
        // The mean over a slice [a, b] of mass 1/n is n (phi(a) - phi(b)).
        var edges = Enumerable.Range(0, count + 1).Select(i => NormalQuantile((double)i / count)).ToArray();
        return new SampleMatrix(Enumerable.Range(0, count).Select(i => (float)(count * (Density(edges[i]) - Density(edges[i + 1])))).ToArray(), 1);
    }

    /// <summary>The optimal K points of N(0,1): Lloyd's fixed point with the means of cells in closed form, mean of [a, b] = (phi(a) - phi(b)) / (Phi(b) - Phi(a)).</summary>
    public static float[] NormalPoints(int k)
    {
        var points = Enumerable.Range(0, k).Select(i => -2 + 4 * (i + 0.5) / k).ToArray();
        for (var step = 0; step < 3000; step++)
        {
            var edges = Enumerable.Range(0, k + 1).Select(i => i == 0 ? double.NegativeInfinity : i == k ? double.PositiveInfinity : (points[i - 1] + points[i]) / 2).ToArray();
            for (var i = 0; i < k; i++) points[i] = (Density(edges[i]) - Density(edges[i + 1])) / (Cumulative(edges[i + 1]) - Cumulative(edges[i]));
        }
        return Array.ConvertAll(points, v => (float)v);
    }

    private static double Density(double x) => double.IsInfinity(x) ? 0 : Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);

    // Bisection on the error function's series is plenty here: accuracy 1e-13, called a few thousand times.
    private static double NormalQuantile(double p)
    {
        if (p <= 0) return double.NegativeInfinity;
        if (p >= 1) return double.PositiveInfinity;
        if (p > 0.5) return -NormalQuantile(1 - p);
        double low = -9, high = 0;
        while (high - low > 1e-13)
        {
            var middle = (low + high) / 2;
            if (Cumulative(middle) < p) low = middle;
            else high = middle;
        }
        return (low + high) / 2;
    }

    // Phi(x) = 1/2 + phi(x) (x + x^3/3 + x^5/15 + …) near 0, a continued fraction in the tail.
    private static double Cumulative(double x)
    {
        if (double.IsInfinity(x)) return x > 0 ? 1 : 0;
        if (x > 3) return 1 - Cumulative(-x);
        if (x < -3)
        {
            var fraction = 0.0;
            for (var i = 80; i >= 1; i--) fraction = i / (-x + fraction);
            return Density(x) / (-x + fraction);
        }
        double term = x, sum = x;
        for (var i = 3; Math.Abs(term) > 1e-18; i += 2) sum += term *= x * x / i;
        return 0.5 + Density(x) * sum;
    }
}

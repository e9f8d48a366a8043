using Ddoq.Quantization;

namespace Ddoq.Theory.Checks;

/// <summary>Nearest centroids by the definition, in double precision and without any kernel of the product: the second opinion of the checks. Time O(N K D).</summary>
internal sealed class DirectAssignment
{
    private readonly double[] _sums;
    private readonly int _dimension;

    public DirectAssignment(SampleMatrix samples, ReadOnlySpan<float> centroids)
    {
        _dimension = samples.Dimension;
        (_sums, Counts) = (new double[centroids.Length], new int[centroids.Length / _dimension]);
        var total = 0.0;
        for (var i = 0; i < samples.Count; i++) total += Assign(samples.Values.Span.Slice(i * _dimension, _dimension), centroids);
        Distortion = total / samples.Count;
    }

    /// <summary>Samples of each cell.</summary>
    public int[] Counts { get; }

    /// <summary>Mean of the least squared distances.</summary>
    public double Distortion { get; }

    /// <summary>Largest distance of a centroid to the mean of its cell; NaN where a cell is empty.</summary>
    public double LargestGap(ReadOnlySpan<float> centroids)
    {
        var largest = 0.0;
        for (var k = 0; k < Counts.Length; k++)
        {
            var square = 0.0;
            for (var j = k * _dimension; j < (k + 1) * _dimension; j++) square += Square(centroids[j] - _sums[j] / Counts[k]);
            largest = Math.Max(largest, Math.Sqrt(square));
        }
        return largest;
    }

    private double Assign(ReadOnlySpan<float> x, ReadOnlySpan<float> centroids)
    {
        var (best, least) = (0, double.PositiveInfinity);
        for (var k = 0; k < Counts.Length; k++)
        {
            var distance = SquaredDistance(x, centroids.Slice(k * x.Length, x.Length));
            if (distance < least) (best, least) = (k, distance);
        }
        Counts[best]++;
        for (var j = 0; j < x.Length; j++) _sums[best * x.Length + j] += x[j];
        return least;
    }

    private static double SquaredDistance(ReadOnlySpan<float> x, ReadOnlySpan<float> c)
    {
        var sum = 0.0;
        for (var j = 0; j < x.Length; j++) sum += Square((double)x[j] - c[j]);
        return sum;
    }

    private static double Square(double x) => x * x;
}

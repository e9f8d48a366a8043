using Ddoq.Quantization;

namespace Ddoq.Theory;

/// <summary>
/// Whether centroids still look like samples. In high dimension samples lie near a shell |z| = const, and the mean of n nearly independent ones is shorter: if a part
/// s of the mean squared norm is common to the class, |mean| / |z| is about sqrt(s + (1 - s) / n). A decoder or sampler that knows the shell only gets something
/// foreign then; noising the centroid to the right level, or rescaling it, brings it back.
/// </summary>
public sealed record CentroidNorms
{
    /// <summary>Median norm of the samples.</summary>
    public required double Median { get; init; }

    /// <summary>Norm that 1 % of the samples fall below: the lower edge of the shell.</summary>
    public required double LowerEdge { get; init; }

    /// <summary>Part s of the mean squared norm that is common to all samples, from 0 to 1 (estimates may lie slightly below 0).</summary>
    public required double SharedPart { get; init; }

    /// <summary>|z_k| / median norm of each centroid, K.</summary>
    public required double[] Ratios { get; init; }

    /// <summary>What the law sqrt(s + (1 - s) / n_k) says, K; NaN for an empty cell.</summary>
    public required double[] Law { get; init; }

    /// <summary>Number of centroids below the shell's lower edge: a reason to warn.</summary>
    public int OutsideShell => Ratios.Count(r => r * Median < LowerEdge);

    /// <summary>Measures one class. Time O(N D).</summary>
    /// <param name="samples">N x D, at least two.</param>
    /// <param name="centroids">K x D.</param>
    /// <param name="counts">Samples of each cell, K.</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or there are fewer than two samples.</exception>
    public static CentroidNorms Of(SampleMatrix samples, ReadOnlyMemory<float> centroids, ReadOnlySpan<int> counts)
    {
        if (samples.Count < 2) throw new ArgumentException($"norms need at least two samples, got {samples.Count}.", nameof(samples));
        if (centroids.Length != (long)counts.Length * samples.Dimension) throw new ArgumentException($"{counts.Length} counts need {counts.Length} x {samples.Dimension} centroid values, got {centroids.Length}.", nameof(centroids));
        var norms = Norms(samples.Values.Span, samples.Dimension);
        Array.Sort(norms);
        var (median, shared) = (norms[norms.Length / 2], Shared(samples));
        return new CentroidNorms
        {
            Median = median,
            LowerEdge = norms[norms.Length / 100],
            SharedPart = shared,
            Ratios = Array.ConvertAll(Norms(centroids.Span, samples.Dimension), norm => norm / median),
            Law = [.. counts.ToArray().Select(n => n == 0 ? double.NaN : ExpectedRatio(shared, n))],
        };
    }

    /// <summary>sqrt(s + (1 - s) / n): the norm of the mean of n samples relative to theirs.</summary>
    /// <param name="sharedPart">s.</param>
    /// <param name="count">n, positive.</param>
    public static double ExpectedRatio(double sharedPart, int count) => Math.Sqrt(Math.Max(0, sharedPart + (1 - sharedPart) / count));

    private static double[] Norms(ReadOnlySpan<float> values, int dimension)
    {
        var norms = new double[values.Length / dimension];
        for (var i = 0; i < values.Length; i++) norms[i / dimension] += (double)values[i] * values[i];
        return Array.ConvertAll(norms, Math.Sqrt);
    }

    // Mean inner product of two different samples over the mean squared norm: (N |mean|^2 - q) / ((N - 1) q), without the bias of |mean|^2 / q.
    private static double Shared(SampleMatrix samples)
    {
        var sum = new double[samples.Dimension];
        var values = samples.Values.Span;
        var square = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            sum[i % sum.Length] += values[i];
            square += (double)values[i] * values[i];
        }
        double n = samples.Count, q = square / n;
        return q == 0 ? 0 : (sum.Sum(v => v * v) / n - q) / ((n - 1) * q);
    }
}

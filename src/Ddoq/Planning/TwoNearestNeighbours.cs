using Ddoq.Quantization;

namespace Ddoq.Planning;

/// <summary>
/// Intrinsic dimension by the two-NN estimator (Facco, d'Errico, Rodriguez and Laio 2017): where samples are locally uniform on a d-dimensional manifold, the ratio mu
/// of the distances to the second and the first neighbour has P(mu > x) = x^-d. So -log(1 - F(mu)) over log mu is a straight line through the origin of slope d, fitted
/// to all but the largest tenth of the ratios, as in the paper. Near edges of the manifold, and so for large d, it comes out too small.
/// </summary>
public static class TwoNearestNeighbours
{
    /// <summary>Different samples that an estimate needs at least.</summary>
    public const int LeastSamples = 20;

    private const double Kept = 0.9;
    private const int QueryBlock = 32, Panel = 64;

    /// <summary>Dimension of the samples' manifold; weights are not used. Time O(N^2 D).</summary>
    /// <param name="samples">N x D, finite. Repetitions of a sample are left out: their distance of 0 says nothing of a manifold.</param>
    /// <param name="threads">Threads to use; 0 for all processors. The result does not depend on it.</param>
    /// <returns>The estimate, positive; null where there are fewer than <see cref="LeastSamples"/> different samples, or all ratios are 1 as on a lattice.</returns>
    public static double? Estimate(SampleMatrix samples, int threads = 1)
    {
        var different = Different(samples);
        return different.Count < LeastSamples ? null : Slope(LogRatios(different, FixedBlocks.Threads(threads)));
    }

    private static SampleMatrix Different(SampleMatrix samples)
    {
        var order = Enumerable.Range(0, samples.Count).ToArray();
        Array.Sort(order, (a, b) => samples.Row(a).SequenceCompareTo(samples.Row(b)) is var by and not 0 ? by : a.CompareTo(b));
        var first = order.Where((row, i) => i == 0 || !samples.Row(row).SequenceEqual(samples.Row(order[i - 1]))).Order().ToArray();
        return first.Length == samples.Count ? samples : samples.Select(first);
    }

    private static double? Slope(double[] logRatios)
    {
        Array.Sort(logRatios);
        double xy = 0, xx = 0;
        for (var i = 0; i < (int)(Kept * logRatios.Length); i++)
        {
            var y = -Math.Log(1 - (i + 1.0) / logRatios.Length);
            xy += logRatios[i] * y;
            xx += logRatios[i] * logRatios[i];
        }
        return xx > 0 ? xy / xx : null;
    }

    // log mu = (log d2^2 - log d1^2) / 2.
    private static double[] LogRatios(SampleMatrix samples, int threads)
    {
        var logs = new double[samples.Count];
        FixedBlocks.Run(samples.Count, QueryBlock, threads, (start, end) =>
        {
            var nearest = new (double First, double Second)[end - start];
            Array.Fill(nearest, (double.PositiveInfinity, double.PositiveInfinity));
            for (var panel = 0; panel < samples.Count; panel += Panel) Scan(samples, start, panel, nearest);
            for (var q = 0; q < nearest.Length; q++) logs[start + q] = Math.Log(nearest[q].Second / nearest[q].First) / 2;
        });
        return Array.FindAll(logs, double.IsFinite); // different rows whose distance rounds to 0
    }

    private static void Scan(SampleMatrix samples, int start, int panel, (double First, double Second)[] nearest)
    {
        var count = Math.Min(Panel, samples.Count - panel);
        var candidates = samples.Values.Span.Slice(panel * samples.Dimension, count * samples.Dimension);
        Span<double> distances = stackalloc double[Panel];
        for (var q = 0; q < nearest.Length; q++)
        {
            DistanceKernel.SquaredDistances(samples.Row(start + q), candidates, distances[..count]);
            for (var j = 0; j < count; j++)
                if (panel + j != start + q) nearest[q] = WithNeighbour(nearest[q], distances[j]);
        }
    }

    private static (double First, double Second) WithNeighbour((double First, double Second) nearest, double distance) =>
        distance < nearest.First ? (distance, nearest.First) : distance < nearest.Second ? (nearest.First, distance) : nearest;
}

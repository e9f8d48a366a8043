namespace Ddoq.Quantization;

/// <summary>
/// Squared 2-Wasserstein distance between samples and centroids that must carry equal weights 1/K, exactly: what a set without weights costs. It is never less
/// than the distortion, which is the same distance with Voronoi weights.
/// </summary>
public static class EqualWeightTransport
{
    private const int BlockSize = 256;

    /// <summary>W2^2 per unit of mass for one class. Time about O(N K D + N K log N); memory 3 x N x K numbers.</summary>
    /// <param name="samples">N x D, at least one.</param>
    /// <param name="centroids">K x D, at least one.</param>
    /// <param name="threads">Threads for the distances; 0 for all processors.</param>
    public static double Cost(SampleMatrix samples, ReadOnlyMemory<float> centroids, int threads = 1)
    {
        var count = centroids.Length / samples.Dimension;
        ArgumentOutOfRangeException.ThrowIfZero(samples.Count);
        ArgumentOutOfRangeException.ThrowIfZero(count);
        var (supply, demand) = Masses(samples, count);
        return TransportProblem.Cost(SquaredDistances(samples, centroids, count, FixedBlocks.Threads(threads)), supply, demand) / supply.Sum();
    }

    /// <summary>Mean of <see cref="Cost"/> over all classes of a codebook, weighted by their sizes: comparable with <see cref="Codebook.Distortion"/>.</summary>
    /// <param name="codebook">Codebook.</param>
    /// <param name="source">The samples that it was built from.</param>
    /// <param name="threads">Threads to use; 0 for all processors.</param>
    /// <param name="cancellation">Checked once per class.</param>
    public static double Distortion(Codebook codebook, IClassSamples source, int threads = 0, CancellationToken cancellation = default)
    {
        var costs = new double[codebook.Classes.Count];
        ClassLoop.Run(costs.Length, FixedBlocks.Threads(threads), c =>
        {
            cancellation.ThrowIfCancellationRequested();
            var book = codebook.Classes[c];
            if (book.Count > 0) costs[c] = book.SampleCount * Cost(source.ReadClass(c), book.Centroids);
        });
        return codebook.SampleCount == 0 ? 0 : costs.Sum() / codebook.SampleCount;
    }

    // Whole numbers where the samples have equal mass, so that the solver's masses stay exact: K units each, N units per centroid.
    private static (double[] Supply, double[] Demand) Masses(SampleMatrix samples, int count)
    {
        var supply = new double[samples.Count];
        for (var i = 0; i < supply.Length; i++) supply[i] = samples.Weights.IsEmpty ? count : samples.WeightOf(i);
        var demand = new double[count];
        Array.Fill(demand, samples.Weights.IsEmpty ? samples.Count : supply.Sum() / count);
        return (supply, demand);
    }

    private static double[] SquaredDistances(SampleMatrix samples, ReadOnlyMemory<float> centroids, int count, int threads)
    {
        var costs = new double[checked(samples.Count * count)];
        FixedBlocks.Run(samples.Count, BlockSize, threads, (start, end) =>
        {
            for (var i = start; i < end; i++) DistanceKernel.SquaredDistances(samples.Row(i), centroids.Span, costs.AsSpan(i * count, count));
        });
        return costs;
    }
}

namespace Ddoq.Quantization;

/// <summary>
/// Squared 2-Wasserstein distance between samples and centroids that must carry equal weights 1/K: what a set without weights costs. It is never less
/// than the distortion, which is the same distance with Voronoi weights.
/// </summary>
public static class EqualWeightTransport
{
    // Classes up to this size are read once; larger ones are read from their file as often as a pass needs them.
    private const long LargestHeld = 1L << 30;

    /// <summary>W2^2 per unit of mass for one class, exactly. Time about O(N K D + N K log N); memory about 40 bytes per pair of a sample and a centroid.</summary>
    /// <param name="samples">N x D, at least one.</param>
    /// <param name="centroids">K x D, at least one.</param>
    /// <param name="threads">Threads for the distances; 0 for all processors.</param>
    public static double Cost(Samples samples, ReadOnlyMemory<float> centroids, int threads = 1) => Bounds(samples, centroids, TransportMethod.Exact, threads).Value;

    /// <summary>W2^2 per unit of mass for one class, between proven bounds; by default exact where the problem is small.</summary>
    /// <inheritdoc cref="Cost"/>
    /// <param name="samples">N x D, at least one.</param>
    /// <param name="centroids">K x D, at least one.</param>
    /// <param name="method">How the samples are distributed.</param>
    /// <param name="threads">Threads for the distances; 0 for all processors.</param>
    /// <param name="cancellation">Checked once per block of samples.</param>
    public static TransportBounds Bounds(Samples samples, ReadOnlyMemory<float> centroids, TransportMethod method = TransportMethod.Automatic, int threads = 1, CancellationToken cancellation = default)
    {
        var positions = new double[centroids.Length];
        Widening.Convert(centroids.Span, positions);
        return new EqualWeightPlanner(method, FixedBlocks.Threads(threads)).Find(samples, positions, null, cancellation).Bounds;
    }

    /// <summary>Mean of <see cref="Bounds"/> over all classes of a codebook, weighted by their sizes: comparable with <see cref="Codebook.Distortion"/>.</summary>
    /// <param name="codebook">Codebook.</param>
    /// <param name="source">The samples that it was built from.</param>
    /// <param name="method">How the samples are distributed.</param>
    /// <param name="threads">Threads to use; 0 for all processors.</param>
    /// <param name="cancellation">Checked once per block of samples.</param>
    public static TransportBounds Distortion(Codebook codebook, IClassSamples source, TransportMethod method = TransportMethod.Automatic, int threads = 0, CancellationToken cancellation = default)
    {
        threads = FixedBlocks.Threads(threads);
        var bounds = new TransportBounds[codebook.Classes.Count];
        var sideBySide = bounds.Length >= threads;
        ClassLoop.Run(bounds.Length, sideBySide ? threads : 1, c =>
        {
            cancellation.ThrowIfCancellationRequested();
            if (codebook.Classes[c].Count == 0) return;
            using var samples = source.OpenClass(c, LargestHeld);
            bounds[c] = Bounds(samples, codebook.Classes[c].Centroids, method, sideBySide ? 1 : threads, cancellation);
        });
        if (codebook.SampleCount == 0) return default;
        return new TransportBounds(Mean(codebook, c => bounds[c].Lower), Mean(codebook, c => bounds[c].Upper));
    }

    private static double Mean(Codebook codebook, Func<int, double> cost) => Enumerable.Range(0, codebook.Classes.Count).Sum(c => codebook.Classes[c].Mass * cost(c)) / codebook.Mass;
}

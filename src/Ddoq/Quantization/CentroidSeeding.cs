using System.Numerics.Tensors;
using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>First centroids: samples, chosen by k-means++ (Arthur and Vassilvitskii 2007) or uniformly, or positions that the caller supplies.</summary>
internal static class CentroidSeeding
{
    // Each centroid costs a pass over the pool: from here on, drawing in a random projection saves more reading than it costs.
    private const int ManyCentroids = 16;

    /// <summary>K x D centroids as the options ask. K is at most N.</summary>
    public static double[] Choose(CentredSamples samples, int count, QuantizerOptions options, SplitMix random) => options.Initialization switch
    {
        QuantizerInitialization.GreedyKMeansPlusPlus => PlusPlus(samples, count, 2 + (int)Math.Log(count), options, random),
        QuantizerInitialization.KMeansPlusPlus => PlusPlus(samples, count, 1, options, random),
        QuantizerInitialization.Random => Gather(samples.Source, random.Permutation(samples.Count).AsSpan(0, count)),
        QuantizerInitialization.Supplied => Supplied(samples.Source, count, options.InitialCentroids.Span),
        _ => throw new ArgumentOutOfRangeException(nameof(options), options.Initialization, "not an initialization."),
    };

    private static double[] PlusPlus(CentredSamples samples, int count, int candidates, QuantizerOptions options, SplitMix random)
    {
        var pool = Pool(samples.Source, Math.Max(count, options.SeedingPoolFor(count)), ref random);
        var runs = candidates > 1 ? options.ShortRunsFor(count) : 0;
        if (runs > 0) return new TrialStarts(samples, pool, candidates, count, options.QuickStart).Choose(runs, random);
        var chosen = count >= ManyCentroids && RandomProjection.Pays(samples.Dimension)
            ? ChooseProjected(samples, pool, candidates, count, random)
            : new PlusPlusSeeding(samples, pool, candidates).Choose(count, ref random);
        return Gather(samples.Source, chosen);
    }

    private static int[] ChooseProjected(CentredSamples samples, int[] pool, int candidates, int count, SplitMix random)
    {
        var projected = new CentredSamples(RandomProjection.Of(samples, pool, ref random), samples.Threads);
        var chosen = new PlusPlusSeeding(projected, [.. Enumerable.Range(0, pool.Length)], candidates).Choose(count, ref random);
        return Array.ConvertAll(chosen, i => pool[i]);
    }

    // Samples without mass are never drawn, so they have no place in a part of the samples.
    private static int[] Pool(Samples samples, int size, ref SplitMix random)
    {
        if (samples.Count <= size) return [.. Enumerable.Range(0, samples.Count)];
        int[] pool = [.. random.Permutation(samples.Count).Where(i => samples.WeightOf(i) > 0).Take(size)];
        Array.Sort(pool); // nearer to each other in memory
        return pool;
    }

    private static double[] Supplied(Samples samples, int count, ReadOnlySpan<float> centroids)
    {
        if (centroids.Length != (long)count * samples.Dimension)
            throw new ArgumentException($"{count} supplied centroids of {samples.Dimension} floats need {(long)count * samples.Dimension}, got {centroids.Length}.", nameof(centroids));
        if (!TensorPrimitives.IsFiniteAll(centroids)) throw new ArgumentException("a supplied centroid is not finite.", nameof(centroids));
        var positions = GC.AllocateUninitializedArray<double>(centroids.Length);
        Widening.Convert(centroids, positions);
        return positions;
    }

    public static double[] Gather(Samples samples, ReadOnlySpan<int> rows)
    {
        var centroids = new double[checked(rows.Length * samples.Dimension)];
        for (var k = 0; k < rows.Length; k++) samples.Read(rows[k], 0, centroids.AsSpan(k * samples.Dimension, samples.Dimension));
        return centroids;
    }
}

using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>First centroids: samples, chosen by k-means++ (Arthur and Vassilvitskii 2007) or uniformly.</summary>
internal static class CentroidSeeding
{
    private const int BlockSize = 512;

    /// <summary>K x D centroids as the options ask. K is at most N.</summary>
    public static float[] Choose(SampleMatrix samples, int count, QuantizerOptions options, SplitMix random, int threads) => options.Initialization switch
    {
        QuantizerInitialization.GreedyKMeansPlusPlus => KMeansPlusPlus(samples, count, 2 + (int)Math.Log(count), random, threads),
        QuantizerInitialization.KMeansPlusPlus => KMeansPlusPlus(samples, count, 1, random, threads),
        QuantizerInitialization.Random => Gather(samples, random.Permutation(samples.Count).AsSpan(0, count)),
        QuantizerInitialization.Supplied => Supplied(samples, count, options.InitialCentroids.Span),
        _ => throw new ArgumentOutOfRangeException(nameof(options), options.Initialization, "not an initialization."),
    };

    // Each centroid is drawn with probability proportional to mass times squared distance to the nearest one so far; of several draws the one that lowers
    // the potential most is kept. Where all samples lie on centroids already, a draw by mass repeats one of them.
    private static float[] KMeansPlusPlus(SampleMatrix samples, int count, int trials, SplitMix random, int threads)
    {
        var chosen = new int[count];
        chosen[0] = Draw(Cumulate(samples, null), ref random);
        var closest = Distances(samples, chosen[0], null, threads);
        for (var k = 1; k < count; k++)
        {
            var cumulated = Cumulate(samples, closest);
            if (cumulated[^1] <= 0) cumulated = Cumulate(samples, null);
            (chosen[k], closest) = BestOf(samples, closest, Draws(cumulated, trials, ref random), threads);
        }
        return Gather(samples, chosen);
    }

    private static (int Index, double[] Closest) BestOf(SampleMatrix samples, double[] closest, int[] candidates, int threads)
    {
        var best = (Index: -1, Closest: closest, Potential: double.PositiveInfinity);
        foreach (var candidate in candidates)
        {
            var distances = Distances(samples, candidate, closest, threads);
            var potential = Cumulate(samples, distances)[^1];
            if (potential < best.Potential) best = (candidate, distances, potential);
        }
        return (best.Index, best.Closest);
    }

    /// <summary>Squared distance of every sample to one sample, or to the nearest of it and those before.</summary>
    private static double[] Distances(SampleMatrix samples, int to, double[]? closest, int threads)
    {
        var distances = new double[samples.Count];
        FixedBlocks.Run(samples.Count, BlockSize, threads, (start, end) =>
        {
            for (var i = start; i < end; i++)
            {
                var d = DistanceKernel.SquaredDistance(samples.Row(i), samples.Row(to));
                distances[i] = closest is null ? d : Math.Min(d, closest[i]);
            }
        });
        return distances;
    }

    private static double[] Cumulate(SampleMatrix samples, double[]? factors)
    {
        var cumulated = new double[samples.Count];
        var sum = 0.0;
        for (var i = 0; i < cumulated.Length; i++) cumulated[i] = sum += samples.WeightOf(i) * (factors is null ? 1 : factors[i]);
        return cumulated;
    }

    private static int[] Draws(double[] cumulated, int count, ref SplitMix random)
    {
        var draws = new int[count];
        for (var t = 0; t < count; t++) draws[t] = Draw(cumulated, ref random);
        return draws;
    }

    // The first index whose cumulated mass exceeds the draw; an index without mass of its own is never hit.
    private static int Draw(double[] cumulated, ref SplitMix random)
    {
        var target = Math.Min(random.NextDouble() * cumulated[^1], Math.BitDecrement(cumulated[^1]));
        var (low, high) = (0, cumulated.Length - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (cumulated[middle] > target) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    private static float[] Supplied(SampleMatrix samples, int count, ReadOnlySpan<float> centroids)
    {
        if (centroids.Length != (long)count * samples.Dimension)
            throw new ArgumentException($"{count} supplied centroids of {samples.Dimension} floats need {(long)count * samples.Dimension}, got {centroids.Length}.", nameof(centroids));
        foreach (var v in centroids)
            if (!float.IsFinite(v)) throw new ArgumentException("a supplied centroid is not finite.", nameof(centroids));
        return centroids.ToArray();
    }

    private static float[] Gather(SampleMatrix samples, ReadOnlySpan<int> rows) => samples.Select(rows).Values.ToArray();
}

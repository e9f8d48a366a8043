using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Planning;

/// <summary>
/// More centroids from fewer: those that stand, and samples drawn as k-means++ draws them, with probability proportional to mass times squared distance to the nearest
/// centroid so far. More centroids never raise the distortion and Lloyd steps do not either, so a run from here is no worse than the one before.
/// </summary>
public static class WarmStart
{
    /// <summary>K x D centroids, the given ones first. Time O(N D) per new one.</summary>
    /// <param name="samples">N x D, at least one.</param>
    /// <param name="centroids">Fewer than <paramref name="count"/> centroids, at least one.</param>
    /// <param name="count">Centroids wanted, K.</param>
    /// <param name="random">Draws.</param>
    /// <param name="threads">Threads to use; 0 for all processors. The result does not depend on it.</param>
    public static float[] Extend(Samples samples, ReadOnlySpan<float> centroids, int count, SplitMix random, int threads = 1)
    {
        var d = samples.Dimension;
        if (centroids.Length < d || centroids.Length > (long)count * d) throw new ArgumentException($"{centroids.Length / d} centroids cannot be extended to {count}.", nameof(centroids));
        var extended = new float[count * d];
        centroids.CopyTo(extended);
        var closest = VoronoiAssignment.Of(samples, centroids.ToArray(), threads).SquaredDistances.ToArray();
        for (var at = centroids.Length; at < extended.Length; at += d)
        {
            samples.Read(Draw(samples, closest, ref random), 0, extended.AsSpan(at, d));
            var distances = VoronoiAssignment.Of(samples, extended.AsMemory(at, d), threads).SquaredDistances;
            for (var i = 0; i < closest.Length; i++) closest[i] = Math.Min(closest[i], distances[i]);
        }
        return extended;
    }

    // Where every sample lies on a centroid, any sample does: it repeats one of them.
    private static int Draw(Samples samples, double[] closest, ref SplitMix random)
    {
        var total = 0.0;
        for (var i = 0; i < closest.Length; i++) total += samples.WeightOf(i) * closest[i];
        var rest = random.NextDouble() * total;
        if (total <= 0) return random.Next(closest.Length);
        var last = 0;
        for (var i = 0; i < closest.Length; i++)
        {
            var share = samples.WeightOf(i) * closest[i];
            if (share <= 0) continue;
            if ((rest -= share) < 0) return i;
            last = i;
        }
        return last; // rounding left a crumb
    }
}

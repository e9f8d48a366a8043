using System.Numerics.Tensors;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Baselines;

/// <summary>Greedy choices of real samples of one class by their features, as the data set condensation papers compare with them. Deterministic; ties go to the lowest row. Time O(N K D).</summary>
public static class FeatureSelection
{
    /// <summary>Herding (Welling 2009): each sample is the one that brings the mean of the chosen closest to the mean of all.</summary>
    /// <param name="features">N x D.</param>
    /// <param name="count">K, at most N.</param>
    /// <returns>K rows in the order of choice.</returns>
    /// <exception cref="BadInputException">Fewer samples than K.</exception>
    public static int[] Herding(SampleMatrix features, int count)
    {
        Require(features, count);
        var mean = Mean(features);
        var (wanted, chosen, taken) = (new float[mean.Length], new List<int>(), new bool[features.Count]);
        while (chosen.Count < count)
        {
            // (n + 1) mean - sum of the chosen: what the next sample should be.
            TensorPrimitives.Add(wanted, mean, wanted);
            var next = Least(features, taken, row => TensorPrimitives.Distance(row, wanted));
            TensorPrimitives.Subtract(wanted, features.Row(next), wanted);
            taken[next] = true;
            chosen.Add(next);
        }
        return [.. chosen];
    }

    /// <summary>K-center (Sener and Savarese 2018, the greedy one): first the sample nearest to the mean, then always the one farthest from all that are chosen.</summary>
    /// <inheritdoc cref="Herding"/>
    public static int[] KCenter(SampleMatrix features, int count)
    {
        Require(features, count);
        var mean = Mean(features);
        var taken = new bool[features.Count];
        List<int> chosen = [Least(features, taken, row => TensorPrimitives.Distance(row, mean))];
        var distances = Enumerable.Repeat(float.PositiveInfinity, features.Count).ToArray();
        while (chosen.Count < count)
        {
            var last = chosen[^1];
            taken[last] = true;
            for (var i = 0; i < distances.Length; i++) distances[i] = Math.Min(distances[i], TensorPrimitives.Distance(features.Row(i), features.Row(last)));
            var next = -1;
            for (var i = 0; i < distances.Length; i++)
                if (!taken[i] && (next < 0 || distances[i] > distances[next])) next = i;
            chosen.Add(next);
        }
        return [.. chosen];
    }

    private delegate float Score(ReadOnlySpan<float> row);

    private static int Least(SampleMatrix features, bool[] taken, Score score)
    {
        var (best, least) = (-1, float.PositiveInfinity);
        for (var i = 0; i < taken.Length; i++)
        {
            if (taken[i]) continue;
            var value = score(features.Row(i));
            if (best < 0 || value < least) (best, least) = (i, value);
        }
        return best;
    }

    private static float[] Mean(SampleMatrix features)
    {
        var sum = new double[features.Dimension];
        for (var i = 0; i < features.Count; i++)
        {
            var row = features.Row(i);
            for (var d = 0; d < sum.Length; d++) sum[d] += row[d];
        }
        return Array.ConvertAll(sum, s => (float)(s / features.Count));
    }

    private static void Require(SampleMatrix features, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (features.Count < count) throw new BadInputException($"{features.Name} has {features.Count} images, {count} per class were asked for. Pass a smaller --ipc, or --allow-fewer.");
    }
}

using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>
/// Random reassignment of centroids with small counts, as scikit-learn's mini-batch k-means does it after a batch: while a centroid has no count, and else once 10 K
/// samples have passed. At most half a batch of centroids move; each takes the smallest count among the others.
/// </summary>
internal sealed class SmallCells(double ratio)
{
    private long _passed;

    /// <summary>Whether the next batch is one after which centroids are reassigned. Ask once per batch, before it is learned.</summary>
    public bool IsDue(ReadOnlySpan<double> counts, int batchSize)
    {
        _passed += batchSize;
        if (ratio == 0 || (!counts.Contains(0) && _passed < 10L * counts.Length)) return false;
        _passed = 0;
        return true;
    }

    /// <summary>Puts the centroids with the smallest counts on random samples of the batch.</summary>
    public void Reassign(MiniBatchLearner learner, ReadOnlySpan<int> batch, SplitMix random)
    {
        var counts = learner.Counts.ToArray();
        var limit = ratio * counts.Max();
        var small = Enumerable.Range(0, counts.Length).OrderBy(k => counts[k]).Take(batch.Length / 2).Where(k => counts[k] < limit).Order().ToArray();
        if (small.Length == 0) return;
        var count = Enumerable.Range(0, counts.Length).Except(small).Min(k => counts[k]);
        var places = random.Permutation(batch.Length);
        for (var i = 0; i < small.Length; i++) learner.Place(small[i], batch[places[i]], count);
    }
}

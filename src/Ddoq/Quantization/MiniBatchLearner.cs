using System.Numerics.Tensors;

namespace Ddoq.Quantization;

/// <summary>
/// The state of mini-batch k-means (Sculley 2010): every sample of a batch goes to the centroid nearest before the batch, then each centroid becomes the mean of all
/// that it was ever given, MacQueen's 1/n over batches: c = (n c + sum w x) / (n + sum w). The start counts for nothing. As scikit-learn's partial_fit does it.
/// </summary>
internal sealed class MiniBatchLearner
{
    private const int SliceSize = 256;

    private readonly Samples _samples;
    private readonly NearestSearch _search;
    private readonly Workers<double[]> _workers;
    private readonly double[] _positions;
    private readonly double[] _sums;
    private readonly double[] _counts;

    /// <param name="samples">Samples.</param>
    /// <param name="start">K x D; copied.</param>
    public MiniBatchLearner(CentredSamples samples, ReadOnlySpan<double> start)
    {
        (_samples, _positions, _sums) = (samples.Source, start.ToArray(), new double[start.Length]);
        _counts = new double[start.Length / samples.Dimension];
        _search = new NearestSearch(samples, BoundKind.None);
        _workers = new Workers<double[]>(samples.Threads, () => new double[SliceSize]);
    }

    /// <summary>K x D.</summary>
    public ReadOnlySpan<double> Positions => _positions;

    /// <summary>Mass that each centroid was given, K.</summary>
    public ReadOnlySpan<double> Counts => _counts;

    /// <summary>Learns one batch.</summary>
    /// <param name="rows">Its samples.</param>
    public void Learn(ReadOnlyMemory<int> rows)
    {
        _search.Run(_positions, rows);
        Array.Clear(_sums);
        _workers.Run(_samples.Dimension, SliceSize, (part, start, end) => Sum(rows.Span, start, part.AsSpan(0, end - start)));
        var masses = new double[_counts.Length];
        foreach (var i in rows.Span) masses[_search.Labels[i]] += _samples.WeightOf(i);
        for (var k = 0; k < masses.Length; k++)
            if (masses[k] > 0) MoveToMean(k, masses[k]);
    }

    /// <summary>Puts a centroid on a sample and gives it a count, as if it had won that much there.</summary>
    public void Place(int centroid, int row, double count)
    {
        _samples.Read(row, 0, _positions.AsSpan(centroid * _samples.Dimension, _samples.Dimension));
        _counts[centroid] = count;
    }

    // Threads share the dimensions, so that every sum is formed in the order of the batch.
    private void Sum(ReadOnlySpan<int> rows, int start, Span<double> part)
    {
        foreach (var i in rows)
        {
            _samples.Read(i, start, part);
            var sum = _sums.AsSpan(_search.Labels[i] * _samples.Dimension + start, part.Length);
            TensorPrimitives.MultiplyAdd(part, _samples.WeightOf(i), sum, sum);
        }
    }

    private void MoveToMean(int centroid, double mass)
    {
        var before = _counts[centroid];
        _counts[centroid] += mass;
        var start = centroid * _samples.Dimension;
        for (var j = start; j < start + _samples.Dimension; j++) _positions[j] = (_positions[j] * before + _sums[j]) / _counts[centroid];
    }
}

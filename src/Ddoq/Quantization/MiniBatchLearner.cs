namespace Ddoq.Quantization;

/// <summary>
/// The state of mini-batch k-means (Sculley 2010): every sample of a batch goes to the centroid nearest before the batch, then each centroid becomes the mean of all
/// that it was ever given, MacQueen's 1/n over batches: c = (n c + sum w x) / (n + sum w). The start counts for nothing. As scikit-learn's partial_fit does it.
/// </summary>
internal sealed class MiniBatchLearner
{
    private const int RowBlock = 128;

    private readonly Samples _samples;
    private readonly double[] _positions;
    private readonly double[] _counts;
    private readonly int _threads;
    private readonly PairCosts _pairs;

    /// <param name="samples">N x D.</param>
    /// <param name="start">K x D; copied.</param>
    /// <param name="threads">Threads to use; the result does not depend on it.</param>
    public MiniBatchLearner(Samples samples, ReadOnlySpan<double> start, int threads)
    {
        (_samples, _positions, _threads) = (samples, start.ToArray(), threads);
        _counts = new double[start.Length / samples.Dimension];
        _pairs = new PairCosts(samples, _positions);
    }

    /// <summary>K x D.</summary>
    public ReadOnlySpan<double> Positions => _positions;

    /// <summary>Mass that each centroid was given, K.</summary>
    public ReadOnlySpan<double> Counts => _counts;

    /// <summary>Learns one batch.</summary>
    /// <param name="rows">Its samples.</param>
    public void Learn(ReadOnlyMemory<int> rows)
    {
        var labels = new int[rows.Length];
        FixedBlocks.Run(rows.Length, RowBlock, _threads, (start, end) => Assign(rows.Span[start..end], labels.AsSpan(start, end - start)));
        var (sums, masses) = Sum(rows.Span, labels);
        for (var k = 0; k < masses.Length; k++)
            if (masses[k] > 0) MoveToMean(k, sums, masses[k]);
    }

    /// <summary>Puts a centroid on a sample and gives it a count, as if it had won that much there.</summary>
    public void Place(int centroid, int row, double count)
    {
        _samples.Read(row, 0, _positions.AsSpan(centroid * _samples.Dimension, _samples.Dimension));
        _counts[centroid] = count;
    }

    private void Assign(ReadOnlySpan<int> rows, Span<int> labels)
    {
        var (buffer, distances) = (new double[_samples.Dimension], new double[_counts.Length]);
        for (var i = 0; i < rows.Length; i++)
        {
            _pairs.Read(rows[i], buffer, distances);
            for (var k = 1; k < distances.Length; k++)
                if (distances[k] < distances[labels[i]]) labels[i] = k;
        }
    }

    private (double[] Sums, double[] Masses) Sum(ReadOnlySpan<int> rows, int[] labels)
    {
        var (sums, masses, x) = (new double[_positions.Length], new double[_counts.Length], new double[_samples.Dimension]);
        for (var i = 0; i < rows.Length; i++)
        {
            var (start, weight) = (labels[i] * x.Length, _samples.WeightOf(rows[i]));
            _samples.Read(rows[i], 0, x);
            for (var j = 0; j < x.Length; j++) sums[start + j] += weight * x[j];
            masses[labels[i]] += weight;
        }
        return (sums, masses);
    }

    private void MoveToMean(int centroid, double[] sums, double mass)
    {
        var before = _counts[centroid];
        _counts[centroid] += mass;
        var start = centroid * _samples.Dimension;
        for (var j = start; j < start + _samples.Dimension; j++) _positions[j] = (_positions[j] * before + sums[j]) / _counts[centroid];
    }
}

namespace Ddoq.Quantization;

/// <summary>
/// Hartigan's exchange (1975; Telgarsky and Vattani 2010): single samples change cells where that lowers the distortion, both means following at once. It goes on where
/// Lloyd stops: a sample pulls its own centroid towards itself by 1/m, which hides better cells from it, the more so the fewer samples a cell has and the more
/// dimensions there are. A partition that no exchange improves is a fixed point of Lloyd too.
/// </summary>
/// <param name="search">Search over the samples.</param>
/// <param name="sums">Sums of the cells; must stand for the search's labels.</param>
/// <param name="centroids">K x D, the means of the cells; moved.</param>
internal sealed class Exchange(NearestSearch search, GridSums sums, double[] centroids)
{
    // Gains below this share are rounding, and would let samples go round in circles.
    private const double Negligible = 1e-9;

    private readonly int[] _proposals = new int[search.Samples.Count];
    private readonly double[] _row = new double[search.Samples.Dimension];

    /// <summary>Goes through the samples once, in order, and returns by how much the weighted sum of squared distances fell.</summary>
    public double Pass()
    {
        search.Propose(centroids, sums.Masses, _proposals);
        var gain = 0.0;
        for (var i = 0; i < _proposals.Length; i++)
            if (_proposals[i] >= 0) gain += TryMove(i, _proposals[i]);
        return gain;
    }

    // Proposals were made before this pass moved anything; the centroids of now decide.
    private double TryMove(int sample, int to)
    {
        var (from, w) = (search.Labels[sample], search.Samples.Source.WeightOf(sample));
        if (sums.Counts[from] < 2 || sums.Masses[from] <= w) return 0;
        search.Samples.Source.Read(sample, 0, _row);
        var saved = sums.Masses[from] * w / (sums.Masses[from] - w) * SquaredDistance(from);
        var cost = sums.Masses[to] * w / (sums.Masses[to] + w) * SquaredDistance(to);
        if (!(cost < saved * (1 - Negligible))) return 0;
        search.Reassign(sample, to);
        sums.Reassign(sample, to);
        sums.Mean(from, centroids);
        sums.Mean(to, centroids);
        return saved - cost;
    }

    private double SquaredDistance(int cell) => DistanceKernel.SquaredDistance(_row, centroids.AsSpan(cell * _row.Length, _row.Length));
}

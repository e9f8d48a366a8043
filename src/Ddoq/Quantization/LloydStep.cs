namespace Ddoq.Quantization;

/// <summary>One step of Lloyd's algorithm over buffers that are kept between steps.</summary>
/// <param name="search">Search over the samples.</param>
/// <param name="sums">Sums of the cells.</param>
/// <param name="centroids">K x D, moved by each step.</param>
internal sealed class LloydStep(NearestSearch search, GridSums sums, double[] centroids)
{
    private readonly double[] _shifts = new double[sums.Masses.Length];

    /// <summary>Whether the last step found every sample where the step before had left it.</summary>
    public bool AssignmentUnchanged { get; private set; }

    /// <summary>Assigns, moves every centroid to the mean of its cell, and returns the squared shift of all together.</summary>
    public double Advance()
    {
        search.Run(centroids);
        AssignmentUnchanged = sums.Update(search.Labels) == 0;
        var relocated = EmptyCells.Relocate(search, sums, centroids);
        FixedBlocks.Run(_shifts.Length, 4, search.Samples.Threads, MoveToMeans);
        EmptyCells.Restore(sums, relocated);
        var shift = 0.0;
        foreach (var s in _shifts) shift += s;
        return shift;
    }

    private void MoveToMeans(int start, int end)
    {
        var d = search.Samples.Dimension;
        for (var k = start; k < end; k++)
        {
            sums.Mean(k, centroids);
            _shifts[k] = DistanceKernel.SquaredDistance(search.Centroids.AsSpan(k * d, d), centroids.AsSpan(k * d, d));
        }
    }
}

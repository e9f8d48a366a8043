namespace Ddoq.Quantization;

/// <summary>One step of Lloyd's algorithm over buffers that are kept between steps.</summary>
internal sealed class LloydStep(SampleMatrix samples, VoronoiAssignment assignment, float[] centroids, int threads)
{
    private readonly double[] _sums = new double[centroids.Length];
    private readonly int[] _before = Unassigned(samples.Count);

    /// <summary>Whether the last step found every sample where the step before had left it.</summary>
    public bool AssignmentUnchanged { get; private set; }

    /// <summary>Assigns, moves every centroid to the mean of its cell, and returns the squared shift of all together.</summary>
    public double Advance()
    {
        assignment.Assign(centroids);
        AssignmentUnchanged = assignment.Labels.SequenceEqual(_before);
        assignment.Labels.CopyTo(_before);
        CellSums.Compute(samples, assignment.Labels, _sums, threads);
        var masses = assignment.Masses.ToArray();
        EmptyCells.Relocate(samples, assignment, _sums, masses);
        return MoveToMeans(masses);
    }

    // A cell that stays empty keeps its centroid.
    private double MoveToMeans(double[] masses)
    {
        var shift = 0.0;
        for (var j = 0; j < centroids.Length; j++)
        {
            var mass = masses[j / samples.Dimension];
            if (mass == 0) continue;
            var mean = (float)(_sums[j] / mass);
            shift += ((double)mean - centroids[j]) * ((double)mean - centroids[j]);
            centroids[j] = mean;
        }
        return shift;
    }

    private static int[] Unassigned(int count)
    {
        var labels = new int[count];
        Array.Fill(labels, -1);
        return labels;
    }
}

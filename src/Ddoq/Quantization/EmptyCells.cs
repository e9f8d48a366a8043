namespace Ddoq.Quantization;

/// <summary>What happens to centroids that win no sample: they move to the samples farthest from their own centroids, as in scikit-learn.</summary>
internal static class EmptyCells
{
    /// <summary>
    /// Within a Lloyd step: gives each empty cell one far sample and takes it from the sums of the cell it was in. A cell keeps its last sample, and samples
    /// that lie on their centroid stay: with fewer different samples than centroids some cells remain empty.
    /// </summary>
    /// <param name="samples">N x D.</param>
    /// <param name="assignment">Assignment that the sums stand for.</param>
    /// <param name="sums">K x D, changed.</param>
    /// <param name="masses">K, changed.</param>
    public static void Relocate(SampleMatrix samples, VoronoiAssignment assignment, double[] sums, double[] masses)
    {
        if (!masses.Contains(0)) return;
        var left = PositiveSamples(samples, assignment);
        var far = FarthestFirst(assignment.SquaredDistances).GetEnumerator();
        for (var k = 0; k < masses.Length; k++)
            if (masses[k] == 0 && NextDonor(samples, assignment, left, far) is { } donor) Move(samples, assignment.Labels[donor], k, donor, sums, masses);
    }

    /// <summary>
    /// After the last step: while a cell is empty and a sample is not on its centroid, puts the empty cell's centroid on the farthest sample. Each round lowers
    /// the distortion; at most K rounds.
    /// </summary>
    public static void Fill(SampleMatrix samples, VoronoiAssignment assignment, float[] centroids)
    {
        for (var round = 0; round < assignment.Counts.Length && assignment.Counts.Contains(0); round++)
        {
            if (FillOnce(samples, assignment, centroids) == 0) return;
            assignment.Assign(centroids);
        }
    }

    private static int FillOnce(SampleMatrix samples, VoronoiAssignment assignment, float[] centroids)
    {
        var moved = 0;
        using var far = FarthestFirst(assignment.SquaredDistances).GetEnumerator();
        for (var k = 0; k < assignment.Counts.Length; k++)
        {
            if (assignment.Counts[k] > 0 || !far.MoveNext()) continue;
            samples.Row(far.Current).CopyTo(centroids.AsSpan(k * samples.Dimension));
            moved++;
        }
        return moved;
    }

    private static int? NextDonor(SampleMatrix samples, VoronoiAssignment assignment, int[] left, IEnumerator<int> far)
    {
        while (far.MoveNext())
        {
            var cell = assignment.Labels[far.Current];
            if (samples.WeightOf(far.Current) == 0 || left[cell] < 2) continue;
            left[cell]--;
            return far.Current;
        }
        return null;
    }

    private static void Move(SampleMatrix samples, int from, int to, int sample, double[] sums, double[] masses)
    {
        double w = samples.WeightOf(sample);
        var x = samples.Row(sample);
        var d = x.Length;
        for (var j = 0; j < d; j++)
        {
            sums[from * d + j] -= w * x[j];
            sums[to * d + j] = w * x[j];
        }
        masses[from] -= w;
        masses[to] = w;
    }

    private static int[] PositiveSamples(SampleMatrix samples, VoronoiAssignment assignment)
    {
        var counts = new int[assignment.Counts.Length];
        for (var i = 0; i < samples.Count; i++)
            if (samples.WeightOf(i) > 0) counts[assignment.Labels[i]]++;
        return counts;
    }

    private static IEnumerable<int> FarthestFirst(ReadOnlySpan<double> squaredDistances)
    {
        var distances = squaredDistances.ToArray();
        return Enumerable.Range(0, distances.Length).Where(i => distances[i] > 0).OrderByDescending(i => distances[i]);
    }
}

namespace Ddoq.Quantization;

/// <summary>What happens to centroids that win no sample: they move to the samples farthest from their own centroids, as in scikit-learn.</summary>
internal static class EmptyCells
{
    /// <summary>
    /// Within a Lloyd step: gives each empty cell one far sample, taken from the sums of the cell it was in. A cell keeps its last sample, and samples that lie on
    /// their centroid stay: with fewer different samples than centroids some cells remain empty.
    /// </summary>
    /// <returns>What was moved, for <see cref="Restore"/> once the means are taken.</returns>
    public static (int Sample, int From, int To)[] Relocate(NearestSearch search, GridSums sums, double[] centroids)
    {
        if (!sums.Masses.AsSpan().Contains(0)) return [];
        var moves = Relocations(search, sums, centroids);
        foreach (var (sample, from, to) in moves) sums.Move(sample, from, to);
        return moves;
    }

    /// <summary>Undoes <see cref="Relocate"/>, exactly: the sums stand for the labels again.</summary>
    public static void Restore(GridSums sums, (int Sample, int From, int To)[] moves)
    {
        foreach (var (sample, from, to) in moves) sums.Move(sample, to, from);
    }

    /// <summary>
    /// After the last step: while a cell is empty and a sample is not on its centroid, puts the empty cell's centroid on the farthest sample. Each round lowers
    /// the distortion; at most K rounds.
    /// </summary>
    /// <param name="search">Search over the samples.</param>
    /// <param name="centroids">K x D float32 values; changed.</param>
    public static VoronoiAssignment Fill(NearestSearch search, double[] centroids)
    {
        var assignment = VoronoiAssignment.Of(search, centroids);
        for (var round = 0; round < assignment.Counts.Length && assignment.Counts.Contains(0); round++)
        {
            if (FillOnce(search.Samples.Source, assignment, centroids) == 0) break;
            assignment = VoronoiAssignment.Of(search, centroids);
        }
        return assignment;
    }

    private static (int Sample, int From, int To)[] Relocations(NearestSearch search, GridSums sums, double[] centroids)
    {
        var samples = search.Samples.Source;
        var left = PositiveSamples(samples, search.Labels, sums.Masses.Length);
        using var far = FarthestFirst(VoronoiAssignment.SquaredDistancesTo(samples, centroids, search.Labels, search.Samples.Threads)).GetEnumerator();
        var moves = new List<(int, int, int)>();
        for (var k = 0; k < sums.Masses.Length; k++)
            if (sums.Masses[k] == 0 && NextDonor(samples, search.Labels, left, far) is { } donor) moves.Add((donor, search.Labels[donor], k));
        return [.. moves];
    }

    private static int FillOnce(Samples samples, VoronoiAssignment assignment, double[] centroids)
    {
        var moved = 0;
        var row = new float[samples.Dimension];
        using var far = FarthestFirst(assignment.SquaredDistances.ToArray()).GetEnumerator();
        for (var k = 0; k < assignment.Counts.Length; k++)
        {
            if (assignment.Counts[k] > 0 || !far.MoveNext()) continue;
            samples.Read(far.Current, 0, row);
            Widening.Convert(row, centroids.AsSpan(k * samples.Dimension, samples.Dimension));
            moved++;
        }
        return moved;
    }

    private static int? NextDonor(Samples samples, int[] labels, int[] left, IEnumerator<int> far)
    {
        while (far.MoveNext())
        {
            var cell = labels[far.Current];
            if (samples.WeightOf(far.Current) == 0 || left[cell] < 2) continue;
            left[cell]--;
            return far.Current;
        }
        return null;
    }

    private static int[] PositiveSamples(Samples samples, int[] labels, int cells)
    {
        var counts = new int[cells];
        for (var i = 0; i < samples.Count; i++)
            if (samples.WeightOf(i) > 0) counts[labels[i]]++;
        return counts;
    }

    private static IEnumerable<int> FarthestFirst(double[] squaredDistances) =>
        Enumerable.Range(0, squaredDistances.Length).Where(i => squaredDistances[i] > 0).OrderByDescending(i => squaredDistances[i]);
}

using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>
/// The start of k-means from the best of several short runs over a part of the samples (Bradley and Fayyad 1998): with few centroids the draws of k-means++ decide
/// which optimum is reached. Runs draw by k-means++ and make a few Lloyd steps; in many dimensions they live in a random projection, where they cost next to nothing.
/// </summary>
internal sealed class TrialStarts(CentredSamples samples, int[] pool, int candidates, int count, bool quick = false)
{
    private const int Steps = 8;

    private static readonly QuantizerOptions Short = new() { MaxIterations = Steps, Exchange = false };

    /// <summary>K x D: the means of the cells of the best run, the earliest at a tie.</summary>
    public double[] Choose(int trials, SplitMix random)
    {
        var part = Part(ref random);
        // Side by side where there is a run for every thread.
        var (outer, inner) = trials >= samples.Allowed ? (samples.Allowed, 1) : (1, samples.Allowed);
        var centred = new CentredSamples(part, inner);
        int[] rows = [.. Enumerable.Range(0, pool.Length)];
        var ready = PlusPlusSeeding.Ready(centred, rows);
        var runs = new (double Distortion, int[] Drawn, int[] Labels)[trials];
        FixedBlocks.Run(trials, 1, outer, (t, _) =>
        {
            var own = random;
            own.Skip(t * PlusPlusSeeding.Draws(count, candidates));
            var drawn = new PlusPlusSeeding(centred, rows, candidates, ready).Choose(count, ref own);
            var assignment = Settle(centred, drawn);
            runs[t] = (assignment.Distortion, drawn, assignment.Labels.ToArray());
        });
        var best = runs.MinBy(run => run.Distortion);
        return Means(best.Drawn, best.Labels);
    }

    // A contraction keeps the directions that matter most, which is good enough for a quick start; the search after it needs the same one.
    private SampleMatrix Part(ref SplitMix random)
    {
        if (quick && samples.Contractions.For(count) is { } contraction) return samples.Contractions.Rows(contraction).Select(pool, samples.Source);
        return RandomProjection.Pays(samples.Dimension)
            ? RandomProjection.Of(samples, pool, ref random, quick ? RandomProjection.FewDirections : RandomProjection.Directions)
            : samples.Source.Select(pool);
    }

    private static VoronoiAssignment Settle(CentredSamples part, int[] drawn)
    {
        var centroids = CentroidSeeding.Gather(part.Source, drawn);
        var run = new LloydRun(new NearestSearch(part), centroids, Short);
        run.Settle(CancellationToken.None);
        return VoronoiAssignment.Of(run.Search, centroids);
    }

    // In the samples' own space; a cell that lost its samples keeps the one that was drawn.
    private double[] Means(int[] drawn, int[] labels)
    {
        var centroids = CentroidSeeding.Gather(samples.Source, Array.ConvertAll(drawn, i => pool[i]));
        var ofAll = new int[samples.Count];
        Array.Fill(ofAll, -1); // in no cell: samples outside the pool
        for (var i = 0; i < pool.Length; i++) ofAll[pool[i]] = labels[i];
        var sums = new GridSums(samples, count);
        sums.Update(ofAll);
        sums.Means(centroids);
        return centroids;
    }
}

using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>
/// The start of k-means from the best of several short runs over a part of the samples (Bradley and Fayyad 1998): with few centroids the draws of k-means++ decide
/// which optimum is reached. Runs draw by k-means++ and make a few Lloyd steps; in many dimensions they live in a random projection, where they cost next to nothing.
/// </summary>
internal sealed class TrialStarts(CentredSamples samples, int[] pool, int candidates, int count)
{
    private const int Steps = 8;

    // Twice the directions that are projected onto.
    private const int ManyDimensions = 2 * RandomProjection.Directions;

    private static readonly QuantizerOptions Short = new() { MaxIterations = Steps, Exchange = false };

    /// <summary>K x D: the means of the cells of the best run.</summary>
    public double[] Choose(int trials, SplitMix random)
    {
        var part = samples.Dimension >= ManyDimensions ? RandomProjection.Of(samples, pool, ref random) : samples.Source.Select(pool);
        var centred = new CentredSamples(part, samples.Threads);
        var rows = Enumerable.Range(0, pool.Length).ToArray();
        var best = (Distortion: double.PositiveInfinity, Drawn: Array.Empty<int>(), Labels: Array.Empty<int>());
        for (var t = 0; t < trials; t++)
        {
            var drawn = new PlusPlusSeeding(centred, rows, candidates).Choose(count, ref random);
            var assignment = Settle(centred, drawn);
            if (assignment.Distortion < best.Distortion) best = (assignment.Distortion, drawn, assignment.Labels.ToArray());
        }
        return Means(best.Drawn, best.Labels);
    }

    private static VoronoiAssignment Settle(CentredSamples part, int[] drawn)
    {
        var centroids = CentroidSeeding.Gather(part.Source, drawn);
        var run = new LloydRun(new NearestSearch(part, drawn.Length), centroids, Short);
        run.Settle(CancellationToken.None);
        return VoronoiAssignment.Of(run.Search, centroids);
    }

    // In the samples' own space; a cell that lost its samples keeps the one that was drawn.
    private double[] Means(int[] drawn, int[] labels)
    {
        var centroids = CentroidSeeding.Gather(samples.Source, Array.ConvertAll(drawn, i => pool[i]));
        var part = new CentredSamples(samples.Source.Select(pool), samples.Threads);
        var sums = new GridSums(part, count);
        sums.Update(labels);
        sums.Means(centroids);
        return centroids;
    }
}

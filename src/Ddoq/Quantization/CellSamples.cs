using Ddoq.Foundations;
using Ddoq.Latents;

namespace Ddoq.Quantization;

/// <summary>Real samples that stand for cells: of each the one nearest to its centroid, or one drawn at random.</summary>
public static class CellSamples
{
    /// <summary>The sample nearest to each centroid: what is most typical of the cell.</summary>
    /// <returns>By class, K rows of the store's source.</returns>
    public static long[][] Nearest(Codebook codebook) => [.. codebook.Classes.Select(c => c.NearestSample)];

    /// <summary>
    /// A sample drawn from each cell in proportion to sample weights. With the cells' masses these are a stratified sample of the class: the mean of any function over them has the right expectation, and
    /// less variance than over as many independent draws (Neyman 1934). Where a cell has lost its mass, the nearest sample.
    /// </summary>
    /// <param name="codebook">With Voronoi cells of <paramref name="latents"/>.</param>
    /// <param name="latents">The samples.</param>
    /// <param name="seeds">Decide the draws, class by class.</param>
    /// <param name="threads">Threads to use; 0 for all processors.</param>
    /// <returns>By class, K rows of the store's source.</returns>
    public static long[][] Drawn(Codebook codebook, LatentStore latents, SeedSequence seeds, int threads = 0) =>
        [.. codebook.Classes.Select((book, c) => Drawn(book, latents.ReadClass(c), latents.SourceIndices(c), seeds.Stream("cell-samples", c), threads))];

    /// <summary>The codebook with each centroid moved to a sample; cells, masses and distortions stay those of the centroids.</summary>
    /// <param name="codebook">Codebook.</param>
    /// <param name="rows">By class, K rows of the store's source.</param>
    /// <param name="latents">The samples.</param>
    /// <exception cref="ArgumentException">The store does not hold one of them.</exception>
    public static Codebook At(this Codebook codebook, long[][] rows, LatentStore latents) => codebook with { Classes = [.. codebook.Classes.Select((book, c) => book with { Centroids = Read(rows[c], latents, c) })] };

    // One pass: the next sample of a cell replaces the one that it holds with probability w / (mass so far), so each ends as the cell's with probability w / mass.
    private static long[] Drawn(ClassCodebook book, SampleMatrix samples, long[] sources, SplitMix random, int threads)
    {
        var labels = VoronoiAssignment.Of(samples, book.Centroids, threads).Labels;
        var (drawn, masses) = ((long[])book.NearestSample.Clone(), new double[book.Count]);
        for (var i = 0; i < samples.Count; i++)
        {
            masses[labels[i]] += samples.WeightOf(i);
            if (random.NextDouble() * masses[labels[i]] < samples.WeightOf(i)) drawn[labels[i]] = sources[i];
        }
        return drawn;
    }

    private static float[] Read(long[] rows, LatentStore latents, int c)
    {
        var (samples, sources) = (latents.ReadClass(c), latents.SourceIndices(c));
        var values = new float[rows.Length * samples.Dimension];
        for (var k = 0; k < rows.Length; k++)
        {
            var at = Array.IndexOf(sources, rows[k]);
            if (at < 0) throw new ArgumentException($"class {c} has no image {rows[k]}, which stands for cell {k}.", nameof(latents));
            samples.Row(at).CopyTo(values.AsSpan(k * samples.Dimension));
        }
        return values;
    }
}

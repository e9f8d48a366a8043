using Ddoq.Latents;

namespace Ddoq.Quantization;

/// <summary>Cells of one space seen in another: the same samples, the same masses, and for a centroid the mean of the cell's samples there.</summary>
public static class CellMeans
{
    /// <summary>Carries a codebook over to the latents of the same images.</summary>
    /// <param name="codebook">Of <paramref name="features"/>, with Voronoi cells.</param>
    /// <param name="features">Where its cells are.</param>
    /// <param name="latents">The same images in the same order.</param>
    /// <param name="threads">Threads to use; 0 for all processors.</param>
    /// <exception cref="ArgumentException">The stores hold different images.</exception>
    public static Codebook Of(Codebook codebook, LatentStore features, LatentStore latents, int threads = 0) => new Codebook
    {
        Shape = latents.Shape,
        Algorithm = codebook.Algorithm,
        Classes = [.. codebook.Classes.Select((book, c) => Of(book, features, latents, c, threads))],
    }.From(latents.Description);

    private static ClassCodebook Of(ClassCodebook book, LatentStore features, LatentStore latents, int c, int threads)
    {
        if (!features.SourceIndices(c).AsSpan().SequenceEqual(latents.SourceIndices(c))) throw new ArgumentException($"class {c} has other images in the two stores.", nameof(latents));
        var (samples, d) = (latents.ReadClass(c), latents.Shape.Dimension);
        var labels = VoronoiAssignment.Of(features.ReadClass(c), book.Centroids, threads).Labels;
        var (sums, masses) = (new double[book.Count * d], new double[book.Count]);
        for (var i = 0; i < samples.Count; i++)
        {
            var row = samples.Row(i);
            var sum = sums.AsSpan(labels[i] * d, d);
            var w = samples.WeightOf(i);
            for (var j = 0; j < d; j++) sum[j] += w * row[j];
            masses[labels[i]] += w;
        }
        var centroids = new float[sums.Length];
        for (var i = 0; i < sums.Length; i++) centroids[i] = (float)(masses[i / d] > 0 ? sums[i] / masses[i / d] : 0);
        var local = new double[book.Count];
        for (var i = 0; i < samples.Count; i++)
        {
            var row = samples.Row(i);
            var (at, squares) = (labels[i] * d, 0.0);
            for (var j = 0; j < d; j++) squares += ((double)row[j] - centroids[at + j]) * ((double)row[j] - centroids[at + j]);
            local[labels[i]] += samples.WeightOf(i) * squares / masses[labels[i]];
        }
        return book with { Dimension = d, Centroids = centroids, LocalDistortion = local, Distortion = Enumerable.Range(0, book.Count).Sum(k => book.Weights[k] * local[k]) };
    }
}

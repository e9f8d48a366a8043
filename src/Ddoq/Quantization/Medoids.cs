using Ddoq.Latents;

namespace Ddoq.Quantization;

/// <summary>Real samples in the place of centroids.</summary>
public static class Medoids
{
    /// <summary>The codebook with each centroid moved to the sample nearest to it; cells, masses and distortions stay those of the centroids.</summary>
    /// <param name="codebook">Whose <see cref="ClassCodebook.NearestSample"/> are rows of the store's source.</param>
    /// <param name="latents">The samples.</param>
    /// <exception cref="ArgumentException">The store does not hold a nearest sample.</exception>
    public static Codebook AtMedoids(this Codebook codebook, LatentStore latents) => codebook with { Classes = [.. codebook.Classes.Select((book, c) => book with { Centroids = Rows(book, latents, c) })] };

    private static float[] Rows(ClassCodebook book, LatentStore latents, int c)
    {
        var (samples, sources) = (latents.ReadClass(c), latents.SourceIndices(c));
        var rows = new float[book.Count * book.Dimension];
        for (var k = 0; k < book.Count; k++)
        {
            var at = Array.IndexOf(sources, book.NearestSample[k]);
            if (at < 0) throw new ArgumentException($"class {c} has no image {book.NearestSample[k]}, the nearest of cell {k}.", nameof(latents));
            samples.Row(at).CopyTo(rows.AsSpan(k * book.Dimension));
        }
        return rows;
    }
}

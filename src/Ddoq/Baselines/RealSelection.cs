using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Baselines;

/// <summary>Choices of real images that every distilled set is compared with. Rows come class by class.</summary>
public static class RealSelection
{
    /// <summary>K_c images of class c, uniformly at random without repeats.</summary>
    /// <param name="dataset">Where they come from.</param>
    /// <param name="counts">K_c.</param>
    /// <param name="seeds">Root of the draws.</param>
    /// <exception cref="BadInputException">A class has fewer than K_c images.</exception>
    public static int[] Random(IImageDataset dataset, IReadOnlyList<int> counts, SeedSequence seeds)
    {
        var byClass = RowsByClass(dataset);
        return [.. byClass.SelectMany((rows, c) => Choose(rows, counts[c], dataset.ClassNames[c], seeds.Stream("random-real", c)))];
    }

    /// <summary>Pixels of the chosen rows, one image after another.</summary>
    public static byte[] Pixels(IImageDataset dataset, ReadOnlySpan<int> rows)
    {
        var size = dataset.Shape.Size;
        var pixels = new byte[rows.Length * size];
        for (var i = 0; i < rows.Length; i++) dataset.Read(rows[i], pixels.AsSpan(i * size, size));
        return pixels;
    }

    private static IEnumerable<int> Choose(List<int> rows, int count, string name, SplitMix stream)
    {
        if (rows.Count < count) throw new BadInputException($"class '{name}' has {rows.Count} images, {count} per class were asked for. Pass a smaller --ipc, or --allow-fewer.");
        return stream.Permutation(rows.Count).Take(count).Select(p => rows[p]);
    }

    private static List<int>[] RowsByClass(IImageDataset dataset)
    {
        var rows = Enumerable.Range(0, dataset.ClassNames.Count).Select(_ => new List<int>()).ToArray();
        var labels = dataset.Labels.Span;
        for (var i = 0; i < labels.Length; i++) rows[labels[i]].Add(i);
        return rows;
    }
}

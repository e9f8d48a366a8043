using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>Some rows of a data set, in their order: one side of a split into images that are used and images that are held out.</summary>
public sealed class HeldOutImages : IImageDataset
{
    private readonly IImageDataset _whole;
    private readonly int[] _rows;
    private readonly int[] _labels;

    private HeldOutImages(IImageDataset whole, int[] rows, string name)
    {
        (_whole, _rows, Name) = (whole, rows, name);
        _labels = Array.ConvertAll(rows, r => whole.Labels.Span[r]);
        Fingerprint = Hashes.OfHashes(whole.Fingerprint, Hashes.OfBytes([.. rows.SelectMany(BitConverter.GetBytes)]));
    }

    /// <inheritdoc />
    public string Name { get; }

    /// <inheritdoc />
    public IReadOnlyList<string> ClassNames => _whole.ClassNames;

    /// <inheritdoc />
    public ImageShape Shape => _whole.Shape;

    /// <inheritdoc />
    public int Count => _rows.Length;

    /// <inheritdoc />
    public ReadOnlyMemory<int> Labels => _labels;

    /// <inheritdoc />
    public string Fingerprint { get; }

    /// <inheritdoc />
    public void Read(int index, Span<byte> pixels) => _whole.Read(_rows[index], pixels);

    /// <summary>Splits off a validation part: <paramref name="perClass"/> random images of each class, always the same ones.</summary>
    /// <returns>The images to distil, and those on which settings are chosen.</returns>
    /// <exception cref="BadInputException">A class would have no image left.</exception>
    public static (IImageDataset Train, IImageDataset Validation) Split(IImageDataset dataset, int perClass)
    {
        var held = new bool[dataset.Count];
        foreach (var rows in Enumerable.Range(0, dataset.Count).GroupBy(i => dataset.Labels.Span[i]))
        {
            var all = rows.ToArray();
            if (all.Length <= perClass) throw new BadInputException($"class '{dataset.ClassNames[rows.Key]}' has {all.Length} images, so {perClass} of each class cannot be held out for validation. Hold out fewer.");
            foreach (var p in new SeedSequence(0).Stream("validation", rows.Key).Permutation(all.Length).Take(perClass)) held[all[p]] = true;
        }
        int[] Rows(bool isHeld) => [.. Enumerable.Range(0, held.Length).Where(i => held[i] == isHeld)];
        return (new HeldOutImages(dataset, Rows(false), dataset.Name), new HeldOutImages(dataset, Rows(true), $"{dataset.Name}, {perClass} of each class held out"));
    }
}

using Ddoq.Latents;

namespace Ddoq.Quantization;

/// <summary>A plain N x D matrix as a source of samples: one class, or several by a label per row.</summary>
public sealed class LabelledMatrix : IClassSamples
{
    private readonly SampleMatrix _samples;
    private readonly int[][] _rows;

    /// <summary>Groups the rows of <paramref name="samples"/>.</summary>
    /// <param name="samples">N x D.</param>
    /// <param name="labels">One label per row, or empty for a single class. Classes are 0 .. the largest label.</param>
    /// <param name="classNames">Names in label order; default: the numbers.</param>
    /// <exception cref="ArgumentException">The number of labels differs from N, a label is negative, or it has no name.</exception>
    public LabelledMatrix(SampleMatrix samples, ReadOnlySpan<int> labels = default, IReadOnlyList<string>? classNames = null)
    {
        if (!labels.IsEmpty && labels.Length != samples.Count) throw new ArgumentException($"{samples.Count} samples need {samples.Count} labels, got {labels.Length}.", nameof(labels));
        _samples = samples;
        _rows = Group(samples.Count, labels, classNames?.Count ?? 0);
        ClassNames = classNames ?? [.. Enumerable.Range(0, _rows.Length).Select(c => c.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        if (ClassNames.Count < _rows.Length) throw new ArgumentException($"label {_rows.Length - 1} has no class name; there are {ClassNames.Count}.", nameof(classNames));
    }

    /// <inheritdoc />
    public LatentShape Shape => LatentShape.Vector(_samples.Dimension);

    /// <inheritdoc />
    public IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc />
    public SampleMatrix ReadClass(int classIndex) =>
        _samples.Select(_rows[classIndex], $"class {classIndex} ({ClassNames[classIndex]})");

    /// <inheritdoc />
    public long[] SourceIndices(int classIndex) => Array.ConvertAll(_rows[classIndex], r => (long)r);

    private static int[][] Group(int count, ReadOnlySpan<int> labels, int leastClasses)
    {
        if (labels.IsEmpty) return [[.. Enumerable.Range(0, count)], .. Enumerable.Repeat(Array.Empty<int>(), Math.Max(0, leastClasses - 1))];
        var groups = new List<List<int>>();
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] < 0) throw new ArgumentException($"label {labels[i]} at row {i} is negative.", nameof(labels));
            while (groups.Count <= labels[i]) groups.Add([]);
            groups[labels[i]].Add(i);
        }
        while (groups.Count < leastClasses) groups.Add([]);
        return [.. groups.Select(g => g.ToArray())];
    }
}

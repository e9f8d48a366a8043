using Ddoq.Latents;

namespace Ddoq.Quantization;

/// <summary>A plain N x D matrix, in memory or in its file, as a source of samples: one class, or several by a label per row.</summary>
public sealed class LabelledMatrix : IClassSamples, IDisposable
{
    private readonly Samples _samples;
    private readonly int[][] _rows;

    /// <summary>Groups the rows of <paramref name="samples"/>.</summary>
    /// <param name="samples">N x D; disposed with this matrix.</param>
    /// <param name="labels">One label per row, or empty for a single class. Classes are 0 .. the largest label.</param>
    /// <param name="classNames">Names in label order; default: the numbers.</param>
    /// <exception cref="ArgumentException">The number of labels differs from N, a label is negative, or it has no name.</exception>
    public LabelledMatrix(Samples samples, ReadOnlySpan<int> labels = default, IReadOnlyList<string>? classNames = null)
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
    public SampleMatrix ReadClass(int classIndex) => _samples.Select(_rows[classIndex], NameOf(classIndex));

    /// <inheritdoc />
    public Samples OpenClass(int classIndex, long memoryLimit) => _samples switch
    {
        MappedSamples file => file.View(_rows[classIndex], NameOf(classIndex)).InMemoryWithin(memoryLimit),
        DoubleMatrix matrix => Pick(matrix, _rows[classIndex], NameOf(classIndex)),
        _ => ReadClass(classIndex),
    };

    /// <inheritdoc />
    public long BytesOfClass(int classIndex) => (long)_rows[classIndex].Length * _samples.Dimension * (_samples is DoubleMatrix or MappedSamples { IsDouble: true } ? sizeof(double) : sizeof(float));

    /// <inheritdoc />
    public long[] SourceIndices(int classIndex) => Array.ConvertAll(_rows[classIndex], r => (long)r);

    /// <summary>Releases the file, where the matrix lies in one.</summary>
    public void Dispose() => _samples.Dispose();

    private string NameOf(int classIndex) => $"class {classIndex} ({ClassNames[classIndex]})";

    private static DoubleMatrix Pick(DoubleMatrix matrix, int[] rows, string name)
    {
        var values = new double[(long)rows.Length * matrix.Dimension];
        for (var i = 0; i < rows.Length; i++) matrix.Read(rows[i], 0, values.AsSpan(i * matrix.Dimension, matrix.Dimension));
        return new DoubleMatrix(values, matrix.Dimension, matrix.WeightsOf(rows), name);
    }

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

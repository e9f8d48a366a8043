namespace Ddoq.Datasets;

/// <summary>A data set whose pixels lie in one array, N x C x H x W.</summary>
public sealed class InMemoryDataset : IImageDataset
{
    private readonly byte[] _pixels;
    private readonly int[] _labels;
    private string? _fingerprint;

    /// <summary>Wraps the arrays without copying.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit, or a label is outside [0, L).</exception>
    public InMemoryDataset(string name, IReadOnlyList<string> classNames, ImageShape shape, byte[] pixels, int[] labels)
    {
        if (pixels.Length != (long)labels.Length * shape.Size)
            throw new ArgumentException($"{labels.Length} images of {shape} need {(long)labels.Length * shape.Size} bytes, got {pixels.Length}.", nameof(pixels));
        var wrong = Array.FindIndex(labels, l => l < 0 || l >= classNames.Count);
        if (wrong >= 0) throw new ArgumentException($"label {labels[wrong]} at row {wrong} is outside [0, {classNames.Count}).", nameof(labels));
        (Name, ClassNames, Shape, _pixels, _labels) = (name, classNames, shape, pixels, labels);
    }

    /// <inheritdoc />
    public string Name { get; }

    /// <inheritdoc />
    public IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc />
    public ImageShape Shape { get; }

    /// <inheritdoc />
    public int Count => _labels.Length;

    /// <inheritdoc />
    public ReadOnlyMemory<int> Labels => _labels;

    /// <summary>All pixels, N x C x H x W.</summary>
    public ReadOnlyMemory<byte> Pixels => _pixels;

    /// <inheritdoc />
    public string Fingerprint => _fingerprint ??= DatasetFingerprint.Of(this, _pixels);

    /// <inheritdoc />
    public void Read(int index, Span<byte> pixels) => _pixels.AsSpan(index * Shape.Size, Shape.Size).CopyTo(pixels);
}

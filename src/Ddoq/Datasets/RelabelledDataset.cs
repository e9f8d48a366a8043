namespace Ddoq.Datasets;

/// <summary>Another data set's images with labels in another class order.</summary>
internal sealed class RelabelledDataset : IImageDataset
{
    private readonly IImageDataset _inner;
    private readonly int[] _labels;
    private readonly Lazy<string> _fingerprint;

    public RelabelledDataset(IImageDataset inner, IReadOnlyList<string> classNames, int[] map)
    {
        (_inner, ClassNames) = (inner, classNames);
        _labels = Array.ConvertAll(inner.Labels.ToArray(), label => map[label]);
        _fingerprint = new Lazy<string>(() => DatasetFingerprint.Of(this, Environment.ProcessorCount));
    }

    public string Name => _inner.Name;

    public IReadOnlyList<string> ClassNames { get; }

    public ImageShape Shape => _inner.Shape;

    public int Count => _inner.Count;

    public ReadOnlyMemory<int> Labels => _labels;

    public string Fingerprint => _fingerprint.Value;

    public void Read(int index, Span<byte> pixels) => _inner.Read(index, pixels);
}

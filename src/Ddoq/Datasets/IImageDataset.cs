namespace Ddoq.Datasets;

/// <summary>
/// A labelled image data set of one shape. Reading is random access and safe from several threads;
/// an implementation may hold pixels in memory, map a file, or decode on demand.
/// </summary>
public interface IImageDataset
{
    /// <summary>Name for people, for instance "fashion-mnist".</summary>
    string Name { get; }

    /// <summary>Class names in label order.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>Shape of every image.</summary>
    ImageShape Shape { get; }

    /// <summary>Number of images, N.</summary>
    int Count { get; }

    /// <summary>Labels in [0, L), one per image.</summary>
    ReadOnlyMemory<int> Labels { get; }

    /// <summary>SHA-256 over names, labels and content: the same data gives the same fingerprint wherever it lies.</summary>
    string Fingerprint { get; }

    /// <summary>Copies image <paramref name="index"/> into <paramref name="pixels"/>, bytes in C x H x W order.</summary>
    /// <exception cref="Foundations.BadInputException">The image cannot be read or has another shape.</exception>
    void Read(int index, Span<byte> pixels);
}

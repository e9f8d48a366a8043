using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Latents;

/// <summary>
/// A folder of latents: <c>latents.json</c>, and per class <c>class-0000.npy</c> (N_c x D) and <c>class-0000.index.npy</c>
/// (int64 row numbers in the source data set). Opening checks the description and every file's size against its header;
/// rows are read on request. Safe from several threads.
/// </summary>
public sealed class LatentStore : IClassSamples
{
    private readonly LatentManifest _manifest;

    private LatentStore(string path, LatentManifest manifest)
    {
        (Path, _manifest, Description) = (path, manifest, manifest.Describe());
        for (var c = 0; c < ClassCount; c++) CheckClass(c);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>What the store holds and where it came from.</summary>
    public LatentStoreDescription Description { get; }

    /// <inheritdoc />
    public LatentShape Shape => Description.Shape;

    /// <inheritdoc />
    public IReadOnlyList<string> ClassNames => Description.ClassNames;

    /// <summary>Number of classes, L.</summary>
    public int ClassCount => _manifest.Classes.Length;

    /// <summary>Samples of all classes together, N.</summary>
    public long Count => _manifest.Classes.Sum(c => c.Count);

    /// <summary>Opens a store.</summary>
    /// <exception cref="BadInputException">No store, another version, or a file that is missing or does not fit the description.</exception>
    public static LatentStore Open(string path) => new(path, LatentManifest.Load(path));

    /// <summary>Whether a folder looks like a latent store.</summary>
    public static bool Exists(string path) => File.Exists(System.IO.Path.Combine(path, LatentManifest.FileName));

    /// <summary>SHA-256 of the description, which holds the hashes of all files: other latents give another one.</summary>
    public string Fingerprint => Hashes.OfFile(System.IO.Path.Combine(Path, LatentManifest.FileName));

    /// <summary>Samples of one class, N_c.</summary>
    public long CountOf(int classIndex) => _manifest.Classes[classIndex].Count;

    /// <inheritdoc />
    public SampleMatrix ReadClass(int classIndex)
    {
        using var file = NpyFile.Open(LatentsPath(classIndex));
        return new SampleMatrix(file.ReadFloats(), Shape.Dimension, name: NameOf(classIndex));
    }

    /// <inheritdoc />
    public Samples OpenClass(int classIndex, long memoryLimit)
    {
        if (BytesOfClass(classIndex) <= memoryLimit && CountOf(classIndex) * Shape.Dimension <= Array.MaxLength) return ReadClass(classIndex);
        return MappedSamples.Of(NpyFile.Open(LatentsPath(classIndex)), NameOf(classIndex));
    }

    /// <inheritdoc />
    public long BytesOfClass(int classIndex) => CountOf(classIndex) * Shape.Dimension * sizeof(float);

    /// <inheritdoc />
    public long[] SourceIndices(int classIndex)
    {
        using var file = NpyFile.Open(IndexPath(classIndex));
        return file.ReadInt64();
    }

    /// <summary>Recomputes every file's SHA-256; reads the whole store.</summary>
    /// <exception cref="BadInputException">A file differs from what was written.</exception>
    public void Verify()
    {
        for (var c = 0; c < ClassCount; c++)
        {
            CheckHash(LatentsPath(c), _manifest.Classes[c].LatentsSha256);
            CheckHash(IndexPath(c), _manifest.Classes[c].IndexSha256);
        }
    }

    private string NameOf(int classIndex) => $"class {classIndex} ({ClassNames[classIndex]})";

    private string LatentsPath(int classIndex) => System.IO.Path.Combine(Path, LatentStoreWriter.LatentsFile(classIndex));

    private string IndexPath(int classIndex) => System.IO.Path.Combine(Path, LatentStoreWriter.IndexFile(classIndex));

    private void CheckClass(int classIndex)
    {
        var type = Description.Precision == LatentPrecision.Float16 ? ElementType.Float16 : ElementType.Float32;
        CheckFile(LatentsPath(classIndex), type, [CountOf(classIndex), Shape.Dimension]);
        CheckFile(IndexPath(classIndex), ElementType.Int64, [CountOf(classIndex)]);
    }

    private static void CheckFile(string path, ElementType type, long[] shape)
    {
        using var file = NpyFile.Open(path);
        if (file.Type != type || !file.Shape.SequenceEqual(shape))
            throw new BadInputException($"'{path}': {LatentManifest.FileName} promises {type.Tag()} ({string.Join(", ", shape)}), the file holds {file.Type.Tag()} ({string.Join(", ", file.Shape)}). Encode again.");
    }

    private static void CheckHash(string path, string expected)
    {
        var found = Hashes.OfFile(path);
        if (found != expected) throw new BadInputException($"'{path}' was changed after it was written: expected SHA-256 {expected}, found {found}. Encode again.");
    }
}

using System.Numerics.Tensors;
using Ddoq.Formats;
using Ddoq.Foundations;

namespace Ddoq.Latents;

/// <summary>
/// Writes a latent store class by class or interleaved. The folder appears under its name at <see cref="Finish"/>, whole;
/// disposing before that removes everything. Memory: at most 64 MiB of rows wait for the disk.
/// </summary>
public sealed class LatentStoreWriter : IDisposable
{
    private const long MaximumPendingElements = 16 << 20;

    private readonly string _path;
    private readonly StagedOutput _staged;
    private readonly LatentStoreDescription _description;
    private readonly ClassRows[] _classes;

    private long _appendedSinceFlush;

    private sealed record ClassRows(NpyWriter<Half>? Halves, NpyWriter<float>? Floats, NpyWriter<long> Index);

    private LatentStoreWriter(string path, StagedOutput staged, LatentStoreDescription description)
    {
        (_path, _staged, _description) = (path, staged, description);
        _classes = [.. Enumerable.Range(0, description.ClassNames.Count).Select(CreateClass)];
    }

    /// <summary>Starts a store at <paramref name="path"/>.</summary>
    /// <exception cref="UsageException">The path exists and <paramref name="replace"/> is false.</exception>
    /// <exception cref="WorkFailedException">The disk refuses.</exception>
    public static LatentStoreWriter Create(string path, LatentStoreDescription description, bool replace = false)
    {
        LatentStoreWriter? writer = null;
        WholeFile.TranslateErrors(path, () =>
        {
            var staged = StagedOutput.Folder(path, replace);
            try
            {
                writer = new LatentStoreWriter(path, staged, description);
            }
            catch
            {
                staged.Dispose();
                throw;
            }
        });
        return writer!;
    }

    /// <summary>Appends latents of one class.</summary>
    /// <param name="classIndex">Class, in [0, L).</param>
    /// <param name="latents">n x D, row-major.</param>
    /// <param name="sourceIndices">n row numbers in the source data set.</param>
    /// <exception cref="ArgumentException">The lengths do not fit each other, or the class is unknown.</exception>
    /// <exception cref="BadInputException">A value is NaN or infinite, or beyond float16's range in a float16 store; class and row are named.</exception>
    /// <exception cref="WorkFailedException">The disk refuses.</exception>
    public void Append(int classIndex, ReadOnlySpan<float> latents, ReadOnlySpan<int> sourceIndices)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(classIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(classIndex, _classes.Length);
        var dimension = _description.Shape.Dimension;
        if (latents.Length != (long)sourceIndices.Length * dimension)
            throw new ArgumentException($"{sourceIndices.Length} latents of {dimension} floats need {(long)sourceIndices.Length * dimension}, got {latents.Length}.", nameof(latents));
        CheckRange(classIndex, latents, sourceIndices);
        var values = latents.ToArray();
        var indices = Array.ConvertAll(sourceIndices.ToArray(), i => (long)i);
        WholeFile.TranslateErrors(_path, () => Store(_classes[classIndex], values, indices));
    }

    /// <summary>Completes the files, writes latents.json, and gives the folder its name.</summary>
    /// <exception cref="WorkFailedException">The disk refuses.</exception>
    public void Finish() => WholeFile.TranslateErrors(_path, () =>
    {
        var classes = _classes.Select((c, i) => FinishClass(c, i)).ToArray();
        Manifest(classes).Save(_staged.Path);
        _staged.Commit();
    });

    /// <summary>Removes what was written if <see cref="Finish"/> was not reached.</summary>
    public void Dispose() => _staged.Dispose();

    internal static string LatentsFile(int classIndex) => $"class-{classIndex:D4}.npy";

    internal static string IndexFile(int classIndex) => $"class-{classIndex:D4}.index.npy";

    private ClassRows CreateClass(int classIndex)
    {
        var path = Path.Combine(_staged.Path, LatentsFile(classIndex));
        var half = _description.Precision == LatentPrecision.Float16;
        var dimension = _description.Shape.Dimension;
        return new ClassRows(
            half ? new NpyWriter<Half>(path, dimension) : null,
            half ? null : new NpyWriter<float>(path, dimension),
            new NpyWriter<long>(Path.Combine(_staged.Path, IndexFile(classIndex))));
    }

    private void Store(ClassRows rows, float[] values, long[] indices)
    {
        if (rows.Halves is not null)
        {
            var halves = new Half[values.Length];
            TensorPrimitives.ConvertToHalf(values, halves);
            rows.Halves.Append(halves);
        }
        rows.Floats?.Append(values);
        rows.Index.Append(indices);
        _appendedSinceFlush += values.Length;
        if (_appendedSinceFlush > MaximumPendingElements) FlushAll();
    }

    private void FlushAll()
    {
        foreach (var c in _classes)
        {
            c.Halves?.Flush();
            c.Floats?.Flush();
            c.Index.Flush();
        }
        _appendedSinceFlush = 0;
    }

    // 65,520 is the smallest float that rounds to infinity in float16.
    private void CheckRange(int classIndex, ReadOnlySpan<float> latents, ReadOnlySpan<int> sourceIndices)
    {
        var limit = _description.Precision == LatentPrecision.Float16 ? 65520f : float.PositiveInfinity;
        for (var i = 0; i < latents.Length; i++)
        {
            if (Math.Abs(latents[i]) < limit) continue;
            var row = i / _description.Shape.Dimension;
            var where = $"latent of class {classIndex} ({_description.ClassNames[classIndex]}), source row {sourceIndices[row]}, element {i % _description.Shape.Dimension}";
            throw new BadInputException(float.IsFinite(latents[i])
                ? $"{where}: {latents[i]:R} does not fit float16 (at most 65504). Store the latents as float32."
                : $"{where}: found {latents[i]}, expected a finite number. Check the encoder's weights and the image.");
        }
    }

    private LatentManifestClass FinishClass(ClassRows rows, int classIndex)
    {
        rows.Halves?.Finish();
        rows.Floats?.Finish();
        rows.Index.Finish();
        return new LatentManifestClass
        {
            Name = _description.ClassNames[classIndex],
            Count = rows.Index.Rows,
            LatentsSha256 = Hashes.OfFile(Path.Combine(_staged.Path, LatentsFile(classIndex))),
            IndexSha256 = Hashes.OfFile(Path.Combine(_staged.Path, IndexFile(classIndex))),
        };
    }

    private LatentManifest Manifest(LatentManifestClass[] classes) => new()
    {
        Format = LatentManifest.FormatName,
        Version = LatentManifest.CurrentVersion,
        LatentShape = [_description.Shape.Channels, _description.Shape.Height, _description.Shape.Width],
        Precision = _description.Precision == LatentPrecision.Float16 ? "float16" : "float32",
        Encoder = _description.Encoder,
        EncoderSha256 = _description.EncoderSha256,
        Dataset = _description.Dataset,
        DatasetFingerprint = _description.DatasetFingerprint,
        Classes = classes,
    };
}

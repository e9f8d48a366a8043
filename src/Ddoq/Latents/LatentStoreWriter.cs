using System.Numerics.Tensors;
using Ddoq.Formats;
using Ddoq.Foundations;

namespace Ddoq.Latents;

/// <summary>
/// Writes a latent store class by class or interleaved. The folder appears under its name at <see cref="Finish"/>, whole. Started by <see cref="Create"/> it leaves nothing
/// behind unless it is finished; started by <see cref="Continue"/> it works in OUT.work, and goes on there after its process was killed. Memory: at most 64 MiB of rows wait
/// for the disk.
/// </summary>
public sealed class LatentStoreWriter : IDisposable
{
    private const long MaximumPendingElements = 16 << 20;
    private const string StoreFolder = "store";

    private readonly string _path;
    private readonly LatentStoreDescription _description;
    private readonly StagedOutput? _staged;
    private readonly WorkFolder? _work;
    private readonly bool _replace;
    private readonly ClassRows[] _classes;

    private long _appendedSinceFlush;
    private bool _ended;

    private sealed record ClassRows(NpyWriter<Half>? Halves, NpyWriter<float>? Floats, NpyWriter<long> Index)
    {
        // A row counts once both files have it, whichever was written first.
        public void KeepWholeRows()
        {
            var rows = Math.Min(Index.Rows, Halves?.Rows ?? Floats!.Rows);
            Halves?.Truncate(rows);
            Floats?.Truncate(rows);
            Index.Truncate(rows);
        }
    }

    private LatentStoreWriter(string path, LatentStoreDescription description, StagedOutput? staged, WorkFolder? work, bool replace)
    {
        (_path, _description, _staged, _work, _replace) = (path, description, staged, work, replace);
        Folder = staged?.Path ?? Path.Combine(work!.Path, StoreFolder);
        Directory.CreateDirectory(Folder);
        _classes = [.. Enumerable.Range(0, description.ClassNames.Count).Select(OpenClass)];
    }

    /// <summary>Where the store lies until it is finished. What else is put there becomes part of it.</summary>
    public string Folder { get; }

    /// <summary>Starts a store at <paramref name="path"/>; disposing before <see cref="Finish"/> removes everything.</summary>
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
                writer = new LatentStoreWriter(path, description, staged, null, replace);
            }
            catch
            {
                staged.Dispose();
                throw;
            }
        });
        return writer!;
    }

    /// <summary>
    /// Starts a store at <paramref name="path"/>, or continues one whose writer was killed or disposed unfinished: its rows lie in <paramref name="path"/>.work, and
    /// <see cref="CountOf"/> says how many of each class are there. Half a row at the end is dropped. Append what is missing, then <see cref="Finish"/>.
    /// </summary>
    /// <param name="path">The finished store's place.</param>
    /// <param name="description">What the store holds; only an unfinished store of the same is continued.</param>
    /// <param name="replace">Whether a finished store there may be replaced.</param>
    /// <param name="discardOther">Whether an unfinished store of something else is removed instead of refused.</param>
    /// <exception cref="UsageException">
    /// The path exists and <paramref name="replace"/> is false, the unfinished store was to hold something else, or another process writes it.
    /// </exception>
    /// <exception cref="WorkFailedException">The disk refuses.</exception>
    public static LatentStoreWriter Continue(string path, LatentStoreDescription description, bool replace = false, bool discardOther = false)
    {
        if (!replace && Path.Exists(path)) throw new UsageException($"output '{path}' exists already. Choose another --out, or pass --force to replace it.");
        LatentStoreWriter? writer = null;
        var work = WorkFolder.Open(path, description.Request(), discardOther);
        work.RemoveIfItFails(() => WholeFile.TranslateErrors(path, () => writer = new LatentStoreWriter(path, description, null, work, replace)));
        return writer!;
    }

    /// <summary>Where the unfinished store for <paramref name="path"/> lies, if there is one.</summary>
    public static string UnfinishedFolder(string path) => Path.Combine(WorkFolder.Of(path), StoreFolder);

    /// <summary>Latents of a class that are there, with those of earlier writers.</summary>
    public long CountOf(int classIndex) => _classes[classIndex].Index.Rows;

    /// <summary>Source rows of the latents of a class that are there, in their order.</summary>
    /// <exception cref="WorkFailedException">The disk refuses.</exception>
    public long[] SourceIndices(int classIndex)
    {
        long[] rows = [];
        WholeFile.TranslateErrors(_path, () => rows = _classes[classIndex].Index.ReadBack());
        return rows;
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

    /// <summary>Hands all rows to the system: from here on they survive the end of this process.</summary>
    /// <exception cref="WorkFailedException">The disk refuses.</exception>
    public void Flush() => WholeFile.TranslateErrors(_path, FlushAll);

    /// <summary>Completes the files, writes latents.json, and gives the folder its name.</summary>
    /// <exception cref="WorkFailedException">The disk refuses.</exception>
    public void Finish() => WholeFile.TranslateErrors(_path, () =>
    {
        var classes = _classes.Select((c, i) => FinishClass(c, i)).ToArray();
        Manifest(classes).Save(Folder);
        _staged?.Commit();
        if (_work is not null) StagedOutput.Rename(Folder, WorkFolder.NameOf(_path), _replace);
        _work?.Remove();
        _ended = true;
    });

    /// <summary>Removes everything, unfinished work included: it shall not be continued.</summary>
    public void Discard()
    {
        _staged?.Dispose();
        _work?.Remove();
        _ended = true;
    }

    /// <summary>If <see cref="Finish"/> was not reached: removes what <see cref="Create"/> started, and work without a single row; keeps the rest for <see cref="Continue"/>.</summary>
    public void Dispose()
    {
        if (!_ended && _work is not null && _classes.All(c => c.Index.Rows == 0)) Discard();
        _staged?.Dispose();
        _work?.Dispose();
    }

    internal static string LatentsFile(int classIndex) => $"class-{classIndex:D4}.npy";

    internal static string IndexFile(int classIndex) => $"class-{classIndex:D4}.index.npy";

    private ClassRows OpenClass(int classIndex)
    {
        var (path, resume) = (Path.Combine(Folder, LatentsFile(classIndex)), _work is not null);
        var half = _description.Precision == LatentPrecision.Float16;
        var dimension = _description.Shape.Dimension;
        var rows = new ClassRows(
            half ? new NpyWriter<Half>(path, dimension, resume) : null,
            half ? null : new NpyWriter<float>(path, dimension, resume),
            new NpyWriter<long>(Path.Combine(Folder, IndexFile(classIndex)), resume: resume));
        if (resume) rows.KeepWholeRows();
        return rows;
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
            LatentsSha256 = Hashes.OfFile(Path.Combine(Folder, LatentsFile(classIndex))),
            IndexSha256 = Hashes.OfFile(Path.Combine(Folder, IndexFile(classIndex))),
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

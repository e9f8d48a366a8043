using CsCheck;
using Ddoq.Foundations;
using Ddoq.Latents;

namespace Ddoq.Tests.Latents;

/// <summary>Stores whose writer ended early: what is continued ends byte for byte like what was written at once.</summary>
public sealed class ResumedStoreTests : IDisposable
{
    private const int Classes = 3, Dimension = 5, Rows = 24;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static LatentStoreDescription Description(LatentPrecision precision = LatentPrecision.Float16) => new()
    {
        Shape = LatentShape.Vector(Dimension),
        Precision = precision,
        Encoder = "vae",
        EncoderSha256 = "aa",
        Dataset = "toy",
        DatasetFingerprint = "bb",
        ClassNames = ["a", "b", "c"],
    };

    // Two classes interleaved, then the third.
    private static int ClassOf(int row) => row < 16 ? row % 2 : 2;

    private static float[] LatentOf(int row) => [.. Enumerable.Range(0, Dimension).Select(j => MathF.Sin(row * Dimension + j))];

    /// <summary>Appends the rows that the writer lacks, up to <paramref name="end"/>.</summary>
    private static void AppendMissing(LatentStoreWriter writer, int end = Rows)
    {
        var stored = Enumerable.Range(0, Classes).Select(writer.CountOf).ToArray();
        var seen = new int[Classes];
        for (var row = 0; row < end; row++)
            if (seen[ClassOf(row)]++ >= stored[ClassOf(row)]) writer.Append(ClassOf(row), LatentOf(row), [row]);
    }

    private string Whole(LatentPrecision precision = LatentPrecision.Float16)
    {
        using var writer = LatentStoreWriter.Create(_folder["whole"], Description(precision));
        AppendMissing(writer);
        writer.Finish();
        return _folder["whole"];
    }

    /// <summary>OUT.work as a killed process leaves it after <paramref name="rows"/> rows: copied from under a living writer.</summary>
    private void LeaveUnfinished(string name, int rows, LatentPrecision precision = LatentPrecision.Float16)
    {
        using var writer = LatentStoreWriter.Continue(_folder["living"], Description(precision), replace: true);
        AppendMissing(writer, rows);
        writer.Flush();
        Copy(WorkFolder.Of(_folder["living"]), WorkFolder.Of(_folder[name]));
        writer.Discard();
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (Path.GetFileName(file) != "lock") File.Copy(file, target, overwrite: true);
        }
    }

    private static void Resume(string path, LatentPrecision precision = LatentPrecision.Float16)
    {
        using var writer = LatentStoreWriter.Continue(path, Description(precision));
        AppendMissing(writer);
        writer.Finish();
    }

    private static void AssertSame(string expected, string found)
    {
        var names = Directory.GetFileSystemEntries(expected).Select(Path.GetFileName).Order().ToArray();
        Assert.Equal(2 * Classes + 1, names.Length);
        Assert.Equal(names, Directory.GetFileSystemEntries(found).Select(Path.GetFileName).Order());
        Assert.All(names, name => Assert.Equal(File.ReadAllBytes(Path.Combine(expected, name!)), File.ReadAllBytes(Path.Combine(found, name!))));
    }

    [Theory]
    [InlineData(LatentPrecision.Float16)]
    [InlineData(LatentPrecision.Float32)]
    public void Continue_KilledAfterAnyRow_EndsWithTheSameBytes(LatentPrecision precision)
    {
        var whole = Whole(precision);
        for (var rows = 0; rows <= Rows; rows++)
        {
            var name = $"killed-{rows}";
            LeaveUnfinished(name, rows, precision);
            Resume(_folder[name], precision);
            AssertSame(whole, _folder[name]);
            Assert.False(Directory.Exists(WorkFolder.Of(_folder[name])));
        }
    }

    [Fact]
    public void Continue_FilesTornAnywhere_EndsWithTheSameBytes()
    {
        var whole = Whole();
        var trial = 0;
        Gen.Select(Gen.Int[1, Rows], Gen.Int[0, 200].Array[2 * Classes]).Sample((rows, cuts) =>
        {
            var name = $"torn-{Interlocked.Increment(ref trial)}";
            LeaveUnfinished(name, rows);
            foreach (var (i, file) in Directory.GetFiles(LatentStoreWriter.UnfinishedFolder(_folder[name])).Order(StringComparer.Ordinal).Index())
            {
                using var stream = File.OpenWrite(file);
                stream.SetLength(Math.Max(0, stream.Length - cuts[i])); // through rows and, for the longest cuts, into the header
            }
            Resume(_folder[name]);
            AssertSame(whole, _folder[name]);
        }, iter: 60, threads: 1);
    }

    [Fact]
    public void Continue_CompleteClass_IsThereWithItsRows()
    {
        LeaveUnfinished("out", 18);
        using var writer = LatentStoreWriter.Continue(_folder["out"], Description());
        Assert.Equal((8L, 8L, 2L), (writer.CountOf(0), writer.CountOf(1), writer.CountOf(2)));
        Assert.Equal([16L, 17L], writer.SourceIndices(2));
    }

    [Fact]
    public void Continue_KilledWhileFinishing_EndsWithTheSameBytes()
    {
        var whole = Whole();
        LeaveUnfinished("out", Rows);
        var store = LatentStoreWriter.UnfinishedFolder(_folder["out"]);
        foreach (var name in new[] { "class-0000.npy", "class-0000.index.npy" }) File.Copy(Path.Combine(whole, name), Path.Combine(store, name), overwrite: true); // final headers
        File.WriteAllText(Path.Combine(store, "latents.json"), "{ \"format\": ");
        File.WriteAllText(Path.Combine(WorkFolder.Of(_folder["out"]), "request.json.incomplete-1"), "{");
        Resume(_folder["out"]);
        AssertSame(whole, _folder["out"]);
    }

    [Fact]
    public void Dispose_Unfinished_KeepsRowsOnly()
    {
        LatentStoreWriter.Continue(_folder["empty"], Description()).Dispose();
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
        using (var writer = LatentStoreWriter.Continue(_folder["out"], Description()))
        {
            AppendMissing(writer, 3);
            writer.Flush();
        }
        Assert.False(Directory.Exists(_folder["out"]));
        using (var writer = LatentStoreWriter.Continue(_folder["out"], Description()))
        {
            Assert.Equal((2L, 1L), (writer.CountOf(0), writer.CountOf(1)));
            writer.Discard();
        }
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Continue_OtherRequest_IsRefusedOrStartsAnew()
    {
        LeaveUnfinished("out", 5);
        var other = Description() with { EncoderSha256 = "cc" };
        Assert.Contains("encoder_sha256 was aa, now it is cc", Assert.Throws<UsageException>(() => LatentStoreWriter.Continue(_folder["out"], other)).Message);
        Assert.Contains("precision was float16", Assert.Throws<UsageException>(() => LatentStoreWriter.Continue(_folder["out"], Description(LatentPrecision.Float32))).Message);
        using var writer = LatentStoreWriter.Continue(_folder["out"], other, discardOther: true);
        Assert.Equal(0, writer.CountOf(0));
    }

    [Fact]
    public void Continue_TwoAtOnce_TheSecondIsRefused()
    {
        using var first = LatentStoreWriter.Continue(_folder["out"], Description());
        Assert.Contains("another process", Assert.Throws<UsageException>(() => LatentStoreWriter.Continue(_folder["out"], Description())).Message);
        AppendMissing(first);
        first.Finish();
        Assert.Contains("exists already", Assert.Throws<UsageException>(() => LatentStoreWriter.Continue(_folder["out"], Description())).Message);
    }

    [Fact]
    public void Continue_ForeignFolder_IsRefusedAndUntouched()
    {
        Directory.CreateDirectory(_folder["out.work"]);
        File.WriteAllText(_folder["out.work/mine"], "");
        Assert.Contains("something else", Assert.Throws<UsageException>(() => LatentStoreWriter.Continue(_folder["out"], Description())).Message);
        Assert.True(File.Exists(_folder["out.work/mine"]));
        File.WriteAllText(_folder["out.work/request.json"], "not json");
        Assert.Contains("request.json", Assert.Throws<BadInputException>(() => LatentStoreWriter.Continue(_folder["out"], Description())).Message);
    }

    [Fact]
    public void Finish_Replacing_TheOlderStoreGoesLast()
    {
        Whole();
        using (var writer = LatentStoreWriter.Continue(_folder["whole"], Description(), replace: true))
        {
            AppendMissing(writer, 4);
            Assert.Equal(Rows, LatentStore.Open(_folder["whole"]).Count);
            writer.Finish();
        }
        Assert.Equal(4, LatentStore.Open(_folder["whole"]).Count);
        Assert.Equal([_folder["whole"]], Directory.GetFileSystemEntries(_folder.Path));
    }
}

using Ddoq.Cli.Commands.Inputs;
using Ddoq.Cli.Tests.CommandLine;
using Ddoq.Foundations;

namespace Ddoq.Cli.Tests.Commands;

/// <summary>Runs that were killed: --resume continues them and ends with the same bytes; without it nothing is overwritten.</summary>
public sealed class ResumeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static void AssertSameFiles(string expected, string found)
    {
        var names = Names(expected);
        Assert.Equal(names, Names(found));
        Assert.All(names, name => Assert.Equal(File.ReadAllBytes(Path.Combine(expected, name)), File.ReadAllBytes(Path.Combine(found, name))));
    }

    private static string[] Names(string folder) => [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal)];

    [Fact]
    public void Encode_Killed_ResumeEndsWithTheSameBytes()
    {
        TinyImages.WriteIdx(_folder["data"], perClass: 20_000); // ten windows
        string[] command = ["encode", _folder["data"], "--prior", "pca", "--out"];
        var rows = new FileInfo(_folder["out.work/store/class-0001.index.npy"]); // the last file of each window
        Assert.True(KilledProgram.Run(() => { rows.Refresh(); return rows.Exists && rows.Length > 128; }, [.. command, _folder["out"]]), "it ended before it could be killed");
        Assert.False(Directory.Exists(_folder["out"]));

        var refused = Shell.Run([.. command, _folder["out"]]);
        Assert.Equal(2, refused.Code);
        Assert.Contains("--resume", refused.Error, StringComparison.Ordinal);
        var other = Shell.Run([.. command, _folder["out"], "--resume", "--precision", "float32"]);
        Assert.Equal(2, other.Code);
        Assert.Contains("precision was float16", other.Error, StringComparison.Ordinal);

        var resumed = Shell.Run([.. command, _folder["out"], "--resume"]);
        Assert.Equal(0, resumed.Code);
        Assert.Contains("were encoded before", resumed.Error, StringComparison.Ordinal);
        TinyRun.Done([.. command, _folder["whole"]]);
        AssertSameFiles(_folder["whole"], _folder["out"]);
        Assert.False(Directory.Exists(_folder["out.work"]));
    }

    [Fact]
    public void Encode_ResumeOfAFinishedStore_ChangesNothing()
    {
        TinyImages.WriteIdx(_folder["data"], perClass: 20);
        string[] command = ["encode", _folder["data"], "--prior", "pca", "--out", _folder["out"], "--resume"];
        TinyRun.Done(command); // nothing to resume: starts
        var written = File.GetLastWriteTimeUtc(_folder["out/latents.json"]);
        var again = TinyRun.Done(command);
        Assert.Equal(40, again.GetProperty("samples").GetInt32());
        Assert.Equal(written, File.GetLastWriteTimeUtc(_folder["out/latents.json"]));
        var other = Shell.Run([.. command, "--precision", "float32"]);
        Assert.Equal(2, other.Code);
        Assert.Contains("precision was float16, now it is float32", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_Force_RemovesUnfinishedWork()
    {
        TinyImages.WriteIdx(_folder["data"], perClass: 20);
        Directory.CreateDirectory(_folder["out.work"]);
        TinyRun.Done("encode", _folder["data"], "--prior", "pca", "--out", _folder["out"], "--force");
        Assert.False(Directory.Exists(_folder["out.work"]));
    }

    /// <summary>Many small classes.</summary>
    private string[] WriteClasses(int classes, string name = "x.npy")
    {
        const int perClass = 60, dimension = 64;
        var draws = new SeedSequence(3).Stream("classes");
        var values = new float[classes * perClass * dimension];
        for (var i = 0; i < values.Length; i++) values[i] = (float)draws.NextGaussian();
        Formats.NpyFile.Write<float>(_folder[name], values, [classes * perClass, dimension], replace: true);
        Formats.NpyFile.Write<long>(_folder["y.npy"], Enumerable.Range(0, classes * perClass).Select(i => (long)(i / perClass)).ToArray(), [classes * perClass], replace: true);
        return ["quantize", _folder[name], "--labels", _folder["y.npy"], "--ipc", "12", "--no-equal-weights", "--restarts", "5"];
    }

    [Fact]
    public void Quantize_Killed_ResumeEndsWithTheSameBytes()
    {
        var command = WriteClasses(400);
        Assert.True(KilledProgram.Run(() => Directory.Exists(_folder["out.work"]) && Directory.GetFiles(_folder["out.work"], "class-*.safetensors").Length > 20, [.. command, "--out", _folder["out"]]), "it ended before it could be killed");
        Assert.False(File.Exists(_folder["out"]));
        var refused = Shell.Run([.. command, "--out", _folder["out"]]);
        Assert.Equal(2, refused.Code);
        Assert.Contains("--resume", refused.Error, StringComparison.Ordinal);
        var other = Shell.Run([.. command, "--out", _folder["out"], "--resume", "--seed", "1"]);
        Assert.Equal(2, other.Code);
        Assert.Contains("seed was 0, now it is 1", other.Error, StringComparison.Ordinal);

        var resumed = Shell.Run([.. command, "--out", _folder["out"], "--resume", "--threads", "1", "--memory", "1MiB"]);
        Assert.Equal(0, resumed.Code);
        Assert.Matches("[0-9]+ of 400 classes were finished before", resumed.Error);
        TinyRun.Done([.. command, "--out", _folder["whole"]]);
        Assert.Equal(File.ReadAllBytes(_folder["whole"]), File.ReadAllBytes(_folder["out"]));
        Assert.False(Directory.Exists(_folder["out.work"]));
    }

    [Fact]
    public void Quantize_ResumeOfAFinishedCodebook_ChangesNothing()
    {
        string[] command = [.. WriteClasses(3), "--out", _folder["out"], "--resume"];
        var first = TinyRun.Done(command); // nothing to resume: starts
        var written = File.GetLastWriteTimeUtc(_folder["out"]);
        Assert.Equal(first.GetProperty("distortion").GetDouble(), TinyRun.Done(command).GetProperty("distortion").GetDouble());
        Assert.Equal(written, File.GetLastWriteTimeUtc(_folder["out"]));
        Assert.Equal(2, Shell.Run([.. WriteClasses(3), "--out", _folder["out"], "--resume", "--algorithm", "clvq"]).Code);
        Assert.Equal(2, Shell.Run([.. WriteClasses(4, "four.npy"), "--out", _folder["out"], "--resume"]).Code);
    }

    [Fact]
    public void Quantize_BadClass_LeavesNoWork()
    {
        var command = WriteClasses(4);
        var bytes = File.ReadAllBytes(_folder["x.npy"]);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), float.NaN);
        File.WriteAllBytes(_folder["x.npy"], bytes);
        var refused = Shell.Run([.. command, "--out", _folder["out"]]);
        Assert.Equal(3, refused.Code);
        Assert.Contains("class 3 (3), row 59, element 63", refused.Error, StringComparison.Ordinal);
        Assert.Equal([_folder["x.npy"], _folder["y.npy"]], Directory.GetFileSystemEntries(_folder.Path).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("4GiB", 4L << 30)]
    [InlineData("1.5 gib", 3L << 29)]
    [InlineData("500MiB", 500L << 20)]
    [InlineData("1KiB", 1024)]
    [InlineData("12345", 12345)]
    public void Memory_ASize_IsRead(string text, long expected) => Assert.Equal((true, expected), (MemoryOption.TryParse(text, out var bytes), bytes));

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("lots")]
    [InlineData("4GB")]
    [InlineData("GiB")]
    [InlineData("9000000000GiB")]
    [InlineData("1e3")]
    public void Memory_NoSize_IsRefused(string text)
    {
        var shell = Shell.Run("quantize", "x.npy", "--ipc", "1", "--out", _folder["out"], "--memory", text);
        Assert.Equal(2, shell.Code);
        Assert.Contains("--memory takes a size", shell.Error, StringComparison.Ordinal);
    }
}

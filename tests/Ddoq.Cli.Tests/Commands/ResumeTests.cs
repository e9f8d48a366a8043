using Ddoq.Cli.Tests.CommandLine;

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
}

using System.Diagnostics;
using System.Globalization;
using Ddoq.Distilled;

namespace Ddoq.Tests.Distilled;

/// <summary>The sample that travels with each set, run by the system's Python with torch, numpy and Pillow.</summary>
public sealed class PythonLoaderTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 2)]
    public void LoadDdoq_SavedSet_SeesTheSameNumbers(int channels, int views)
    {
        RequirePython();
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "set");
        var set = SampleSets.Create(channels, views: views);
        set.Save(path);
        var lines = Python(path, "load_ddoq.py").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            [
                $"images (6, {channels}, 5, 7) torch.uint8 sum {set.Pixels.ToArray().Sum(p => (long)p)}",
                $"labels (6,) torch.int64 sum {set.Images.Sum(i => i.Label)}",
                $"weights (6,) torch.float32 sum {set.Images.Sum(i => (double)i.Weight).ToString(CultureInfo.InvariantCulture)}",
                set.SoftLabels is null ? "soft_labels none" : $"soft_labels (6, {views}, 3) torch.float16 sum {Sum(set.SoftLabels)}",
            ], lines);
        Assert.Empty(DistilledSetVerifier.Verify(path));
    }

    [Fact]
    public void LoadDdoq_EachImage_LiesWhereOursDoes()
    {
        RequirePython();
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "set");
        var set = SampleSets.Create(channels: 3);
        set.Save(path);
        const string code = "import load_ddoq; i, l, w, s = load_ddoq.load('.'); print(i.numpy().tobytes().hex(), *l.tolist(), *w.tolist())";
        string[] expected = [Convert.ToHexStringLower(set.Pixels.Span), .. set.Images.Select(i => $"{i.Label}"), .. set.Images.Select(i => i.Weight.ToString("0.0##", CultureInfo.InvariantCulture))];
        Assert.Equal(string.Join(' ', expected), Python(path, "-c", code).Trim());
    }

    [Theory]
    [InlineData(0, 8)]
    [InlineData(2, 16)]
    [InlineData(1, 8)]
    public void LoadDdoq_SmallerLabels_AreTheLogitsThatStudentsSee(int topK, int bits)
    {
        RequirePython();
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "set");
        var whole = SampleSets.Logits(6, 2, 3);
        SampleSets.Create().WithSoftLabels(new SoftLabels(whole.Logits.ToArray(), 6, 2, 3, new LabelStorage(topK, bits)) { TeacherName = "t", TeacherHash = "h" }).Save(path);
        var expected = Convert.ToHexStringLower(System.Runtime.InteropServices.MemoryMarshal.AsBytes(DistilledSet.Load(path).SoftLabels!.Logits));
        Assert.Equal(expected, Python(path, "-c", "import load_ddoq; i, l, w, s = load_ddoq.load('.'); print(s.numpy().tobytes().hex())").Trim());
    }

    private static string Sum(SoftLabels labels)
    {
        var sum = 0.0;
        foreach (var logit in labels.Logits) sum += (double)logit;
        return sum.ToString("G9", CultureInfo.InvariantCulture);
    }

    // Importing torch takes a second: asked once.
    private static readonly Lazy<string> MissingPython = new(() =>
    {
        if (!File.Exists("/usr/bin/python3")) return "/usr/bin/python3 is not installed.";
        var (code, _, error) = Run("/", "-c", "import torch, PIL, numpy");
        return code == 0 ? "" : $"/usr/bin/python3 lacks torch, Pillow or numpy: {error.Trim().Split('\n')[^1]}";
    });

    private static void RequirePython()
    {
        if (MissingPython.Value.Length > 0) Assert.Skip(MissingPython.Value);
    }

    private static string Python(string folder, params string[] arguments)
    {
        var (code, output, error) = Run(folder, arguments);
        Assert.True(code == 0, error);
        return output;
    }

    private static (int Code, string Output, string Error) Run(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        start.Environment["OMP_NUM_THREADS"] = "1";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}

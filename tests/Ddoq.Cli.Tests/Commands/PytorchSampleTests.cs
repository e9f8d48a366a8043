using System.Diagnostics;
using System.Globalization;
using Ddoq.Augmentations;
using Ddoq.Cli.Tests.CommandLine;

namespace Ddoq.Cli.Tests.Commands;

/// <summary>samples/train_in_pytorch.py under the system's Python, on a set that the verbs made.</summary>
[Collection(TinyRunCollection.Name)]
public sealed class PytorchSampleTests(TinyRun run)
{
    private const string Python = "/usr/bin/python3";

    [Theory]
    [InlineData(0UL, 2, true)]
    [InlineData(ulong.MaxValue, 3, true)]
    [InlineData(0x123456789ABCDEFUL, 5, false)]
    public void Record_AnySeed_SameViewsAsOurs(ulong seed, int shift, bool flip)
    {
        RequirePython();
        var code = string.Create(CultureInfo.InvariantCulture, $"from train_in_pytorch import record; print(*[record({seed}, v, i, {shift}, {(flip ? "True" : "False")}) for v in range(5) for i in (0, 7, 99)])");
        var augmentation = new Augmentation { Shift = shift, Flip = flip };
        var expected = Enumerable.Range(0, 5).SelectMany(v => new[] { 0, 7, 99 }.Select(i => augmentation.Record(seed, v, i)))
            .Select(r => string.Create(CultureInfo.InvariantCulture, $"({r.Rows}, {r.Columns}, {r.Flip})"));
        Assert.Equal(string.Join(' ', expected), Run("-c", code).Trim());
    }

    [Fact]
    public void Augment_View_SamePixelsAsOurs()
    {
        RequirePython();
        var image = TinyImages.Draw(0, 3);
        float[][] tables = [[.. Enumerable.Range(0, 256).Select(v => (float)v)]];
        var code = $"import torch; from train_in_pytorch import augment; x = torch.frombuffer(bytearray.fromhex('{Convert.ToHexString(image)}'), dtype=torch.uint8).view(1, 1, 16, 16); print(*[bytes(augment(x, [3], 11, v, 4, True).flatten().tolist()).hex() for v in range(6)])";
        var expected = Enumerable.Range(0, 6).Select(v =>
        {
            var view = new float[image.Length];
            new Augmentation { Shift = 4 }.Record(11, v, 3).Apply(image, TinyImages.Shape, tables, view);
            return Convert.ToHexStringLower([.. view.Select(p => (byte)p)]);
        });
        Assert.Equal(string.Join(' ', expected), Run("-c", code).Trim());
    }

    [Theory]
    [InlineData("soft")]
    [InlineData("hard")]
    public void Train_PcaSet_LearnsTheBarsAsOursDoes(string labels)
    {
        RequirePython();
        var words = Run("train_in_pytorch.py", run.PcaSet, run.Test, "--labels", labels, "--epochs", "40", "--width", "16").Split(' ');
        Assert.Equal("accuracy", words[0]);
        Assert.InRange(double.Parse(words[1], CultureInfo.InvariantCulture), 0.85, 1);
        var ours = TinyRun.Done("train", run.PcaSet, "--test", run.Test, "--protocol", labels, "--epochs", "40", "--width", "16", "--seeds", "1");
        Assert.InRange(ours.GetProperty("last").GetProperty("mean").GetDouble(), 0.85, 1);
    }

    // Importing torch takes a second: asked once.
    private static readonly Lazy<bool> HasPython = new(() => File.Exists(Python) && Start("-c", "import torch, numpy, PIL").Code == 0);

    private static string Samples { get; } = FindSamples();

    private static void RequirePython()
    {
        if (!HasPython.Value) Assert.Skip($"{Python} lacks torch, numpy or Pillow");
    }

    private static string Run(params string[] arguments)
    {
        var (code, output, error) = Start(arguments);
        Assert.True(code == 0, error);
        return output;
    }

    private static (int Code, string Out, string Error) Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Samples };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        start.Environment["OMP_NUM_THREADS"] = "1"; // tiny work on a shared machine: threads would only spin
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    private static string FindSamples()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Ddoq.slnx"))) folder = folder.Parent!;
        return Path.Combine(folder.FullName, "samples");
    }
}

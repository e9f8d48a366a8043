using System.Diagnostics;
using System.Text.RegularExpressions;
using Ddoq.Cli.Tests.CommandLine;

namespace Ddoq.Cli.Tests.Commands;

/// <summary>docs/how-to/quantize-your-own-embeddings.md, from its first block to its last, as a reader would run it.</summary>
public sealed partial class EmbeddingsPageTests : IDisposable
{
    private const string Python = "/usr/bin/python3", Images = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Page_EveryBlock_RunsAsItStands()
    {
        if (!File.Exists(Images)) Assert.Skip($"{Images} is absent");
        if (Run(Python, "-c", "import numpy").Code != 0) Assert.Skip($"{Python} lacks numpy");
        var hasSafetensors = Run(Python, "-c", "import safetensors.numpy").Code == 0;
        var code = ""; // blocks of Python go on from one another
        var (commands, blocks) = (0, 0);
        foreach (Match block in Block().Matches(File.ReadAllText(Page())))
        {
            var (language, text) = (block.Groups[2].Value, block.Groups[3].Value);
            if (language == "python" && (!block.Groups[1].Success || hasSafetensors)) Python3(code += text + "\n", ref blocks);
            foreach (var command in text.Split('\n').Where(line => line.StartsWith("./ddoq ", StringComparison.Ordinal))) Ddoq(command["./ddoq ".Length..], ref commands);
        }
        Assert.True(commands >= 3 && blocks >= 3, $"{commands} commands and {blocks} blocks of Python");
    }

    private void Ddoq(string command, ref int count)
    {
        var shell = BuiltProgram.Bash($"cd '{_folder.Path}' && \"$@\" {command}");
        Assert.True(shell.Code == 0, $"{command}\n{shell.Error}");
        count++;
    }

    private void Python3(string code, ref int count)
    {
        var (status, error) = Run(Python, "-c", code);
        Assert.True(status == 0, $"{code}\n{error}");
        count++;
    }

    private (int Code, string Error) Run(string program, params string[] arguments)
    {
        if (!File.Exists(program)) return (-1, $"{program} is not installed");
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder.Path, RedirectStandardError = true };
        start.Environment["OMP_NUM_THREADS"] = start.Environment["OPENBLAS_NUM_THREADS"] = "1";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }

    private static string Page()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Ddoq.slnx"))) folder = folder.Parent!;
        return Path.Combine(folder.FullName, "docs", "how-to", "quantize-your-own-embeddings.md");
    }

    [GeneratedRegex(@"(<!-- needs safetensors -->\n)?^```(\w*)\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}

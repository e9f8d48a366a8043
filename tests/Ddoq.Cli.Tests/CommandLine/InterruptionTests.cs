using System.Diagnostics;
using Ddoq.Cli.CommandLine;
using Ddoq.Foundations;

namespace Ddoq.Cli.Tests.CommandLine;

/// <summary>Real signals to a real process: this test program started again, running one of the explicit tests at the end.</summary>
public sealed class InterruptionTests : IDisposable
{
    private const string FolderVariable = "DDOQ_TEST_INTERRUPTED_FOLDER";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public void Signal_WorkThatChecks_130AndNothingLeft(string signal)
    {
        using var process = Start(nameof(Child_ChecksOncePerBatch));
        Send(process, signal);
        Assert.Equal(130, ExitCodeOf(process));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path, "out*"));
    }

    [Fact]
    public void Signal_TwiceToWorkThatDoesNotCheck_130AndNothingLeft()
    {
        using var process = Start(nameof(Child_NeverChecks));
        Send(process, "INT");
        SpinWait.SpinUntil(() => process.HasExited, 200);
        Send(process, "INT");
        Assert.Equal(130, ExitCodeOf(process));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path, "out*"));
    }

    [Fact(Explicit = true)]
    public void Child_ChecksOncePerBatch() => Work(context => context.Cancellation.ThrowIfCancellationRequested());

    [Fact(Explicit = true)]
    public void Child_NeverChecks() => Work(_ => { });

    // Runs a verb that fills a staged output until it is interrupted.
    private static void Work(Action<CommandContext> betweenBatches)
    {
        var folder = Environment.GetEnvironmentVariable(FolderVariable)!;
        var verb = new ScriptedVerb((verb, context) =>
        {
            using var output = StagedOutput.Folder(context.Output(verb.Output).Path);
            File.WriteAllText(Path.Combine(output.Path, "half"), "");
            File.WriteAllText(Path.Combine(folder, "ready"), "");
            for (var batch = 0; batch < 6000; batch++)
            {
                Thread.Sleep(10);
                betweenBatches(context);
            }
            return ScriptedVerb.Nothing;
        });
        var code = new Application([verb], Console.Out, Console.Error, TerminalTraits.None).Run(["work", "x", "--out", Path.Combine(folder, "out")]);
        Environment.Exit(code);
    }

    private Process Start(string child)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["-explicit", "only", "-method", $"*.{child}"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[FolderVariable] = _folder.Path;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Assert.True(SpinWait.SpinUntil(() => File.Exists(_folder["ready"]), TimeSpan.FromMinutes(1)), "the child did not start");
        Assert.NotEmpty(Directory.GetFileSystemEntries(_folder.Path, "out.incomplete-*"));
        return process;
    }

    private static void Send(Process process, string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private static int ExitCodeOf(Process process)
    {
        if (process.WaitForExit(TimeSpan.FromMinutes(1))) return process.ExitCode;
        process.Kill();
        throw new TimeoutException("the child did not end");
    }
}

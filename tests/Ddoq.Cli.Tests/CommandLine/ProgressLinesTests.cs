using Ddoq.Cli.CommandLine;
using Ddoq.Foundations;

namespace Ddoq.Cli.Tests.CommandLine;

public class ProgressLinesTests
{
    private readonly StringWriter _written = new();
    private readonly HandClock _clock = new();

    [Fact]
    public void Report_ShortStage_OneLineWithSeconds()
    {
        using var lines = new ProgressLines(_written, _clock);
        lines.Report(At(0));
        Wait(lines, 0.4);
        lines.Report(At(100));
        Wait(lines, 10);
        Assert.Equal(["encode: 100 images in 0.4 s"], Lines());
    }

    [Fact]
    public void Tick_LongStage_AtMostOneLineInTwoSeconds()
    {
        using var lines = new ProgressLines(_written, _clock);
        for (var i = 0; i < 60; i++)
        {
            lines.Report(At(i));
            Wait(lines, 0.1);
        }
        lines.Report(At(100));
        Assert.Equal(["encode: 9 of 100 images", "encode: 29 of 100 images", "encode: 49 of 100 images", "encode: 100 images in 6.0 s"], Lines());
    }

    [Fact]
    public void Tick_StageThatReportsOnce_ShowsAfterASecondAndOnlyOnce()
    {
        using var lines = new ProgressLines(_written, _clock);
        lines.Report(At(0));
        for (var i = 0; i < 20; i++) Wait(lines, 0.5);
        Assert.Equal(["encode: 0 of 100 images"], Lines());
    }

    [Fact]
    public void Report_SameStageAgain_IsANewOne()
    {
        using var lines = new ProgressLines(_written, _clock);
        for (var seed = 0; seed < 2; seed++)
        {
            lines.Report(At(0));
            Wait(lines, 0.5);
            lines.Report(At(100));
            lines.Report(At(100));
        }
        Assert.Equal(["encode: 100 images in 0.5 s", "encode: 100 images in 0.5 s"], Lines());
    }

    [Fact]
    public void Report_Note_IsShown()
    {
        using var lines = new ProgressLines(_written, _clock);
        lines.Report(new StageProgress("train", 1200, 1200, "steps", "loss 0.31"));
        Assert.Equal(["train: 1,200 steps in 0.0 s, loss 0.31"], Lines());
    }

    [Fact]
    public void Dispose_UnknownTotal_EndsTheStage()
    {
        using (var lines = new ProgressLines(_written, _clock))
        {
            lines.Report(new StageProgress("read", 12, 0, "files"));
            Wait(lines, 3);
        }
        Assert.Equal(["read: 12 files", "read: 12 files in 3.0 s"], Lines());
    }

    [Fact]
    public void Report_ManyThreads_NoLineIsLost()
    {
        using var lines = new ProgressLines(TextWriter.Synchronized(_written), _clock);
        Parallel.For(0, 50, i => lines.Report(new StageProgress($"stage {i}", 1, 1, "classes")));
        Assert.Equal(50, Lines().Length);
    }

    private static StageProgress At(long done) => new("encode", done, 100, "images");

    private void Wait(ProgressLines lines, double seconds)
    {
        _clock.Advance(seconds);
        lines.Tick();
    }

    private string[] Lines() => _written.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

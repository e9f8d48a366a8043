using Ddoq.Cli.CommandLine;
using Ddoq.Foundations;

namespace Ddoq.Cli.Tests.CommandLine;

public class ProgressBarsTests
{
    private static readonly TerminalTraits Terminal = new(OutIsTerminal: true, ErrorIsTerminal: true, Colour: false, Moves: true);

    [Fact]
    public void Report_Stages_LastPictureShowsEachDone()
    {
        var drawn = Draw(progress =>
        {
            progress.Report(new StageProgress("encode [x]", 0, 60_000, "images"));
            progress.Report(new StageProgress("encode [x]", 60_000, 60_000, "images"));
            progress.Report(new StageProgress("train", 600, 1200, "steps", "loss 0.31"));
            progress.Report(new StageProgress("read", 7, 0, "files"));
        });
        var last = drawn[drawn.LastIndexOf("encode [x]", StringComparison.Ordinal)..];
        Assert.Contains("100%", last, StringComparison.Ordinal);
        Assert.Contains("60,000/60,000 images", last, StringComparison.Ordinal);
        Assert.Contains("600/1,200 steps  loss 0.31", last, StringComparison.Ordinal);
        Assert.Contains("7 files", last, StringComparison.Ordinal);
    }

    [Fact]
    public void Dispose_NothingReported_DrawsNothing() => Assert.Equal("", Draw(_ => { }));

    [Fact]
    public void Dispose_AfterAFailure_EndsTheDrawing() =>
        Assert.Throws<BadInputException>(() => Draw(progress =>
        {
            progress.Report(new StageProgress("encode", 1, 2, "images"));
            throw new BadInputException("image 2");
        }));

    private static string Draw(Action<IProgress<StageProgress>> work)
    {
        var written = new StringWriter();
        var screen = new Screen(TextWriter.Null, written, Terminal);
        Assert.True(screen.CanDrawBars);
        screen.Error.Profile.Width = 120;
        using (var bars = new ProgressBars(screen.Error)) work(bars);
        return written.ToString();
    }
}

using System.Globalization;
using System.Xml.Linq;
using Ddoq.Cli.Reporting;
using Ddoq.Neural.Evaluation;

namespace Ddoq.Cli.Tests.Reporting;

public sealed class GainPlotTests
{
    private static readonly string[] Students = ["ConvNet-3 w32", "mobilenet_v2"];

    private static readonly GainRow[] Rows =
    [
        new("d4m & co", [new PairedDifference(0.012, 0.02, 5), new PairedDifference(-0.031, 0.011, 5)]),
        new("ddoq, square-root-relative weights", [new PairedDifference(0.053, 0.007, 5), null]),
        new("one seed", [new PairedDifference(0.02, double.NaN, 1), null]),
    ];

    private readonly XElement _plot = XElement.Parse(GainPlot.Render(Rows, Students).Text);

    [Fact]
    public void Render_Marks_StandAtTheirGainsAndAreFilledWhereTheIntervalLeavesZeroOut()
    {
        var marks = _plot.Descendants("circle").Where(c => c.Element("title") is not null).ToArray();
        // One seed alone, the last, is never clear.
        Assert.Equal([true, false, false, true], marks.Select(m => Class(m).EndsWith("unclear", StringComparison.Ordinal)));
        Assert.Equal(["series-0", "series-1", "series-0", "series-0"], marks.Select(m => Class(m).Split(' ')[1]));
        // On one scale with its zero line: points per unit agree between any two marks.
        var zero = Number(_plot.Descendants("line").Single(l => Class(l) == "reference"), "x1");
        double[] gains = [0.012, -0.031, 0.053, 0.02];
        foreach (var (mark, gain) in marks.Zip(gains)) Assert.Equal((Number(marks[2], "cx") - zero) / 0.053, (Number(mark, "cx") - zero) / gain, 0.5);
    }

    [Fact]
    public void Render_Intervals_ReachAsFarAsTheyAre()
    {
        var lines = _plot.Descendants("line").Where(l => Class(l).StartsWith("gain", StringComparison.Ordinal)).ToArray();
        var zero = Number(_plot.Descendants("line").Single(l => Class(l) == "reference"), "x1");
        var scale = (Number(lines[2], "x2") - zero) / 0.060;
        double[][] ends = [[-0.008, 0.032], [-0.042, -0.020], [0.046, 0.060], [0.02, 0.02]];
        foreach (var (line, end) in lines.Zip(ends))
        {
            Assert.Equal(zero + scale * end[0], Number(line, "x1"), 0.1);
            Assert.Equal(zero + scale * end[1], Number(line, "x2"), 0.1);
        }
    }

    [Fact]
    public void Render_TextAndNames_SayTheSameAndFit()
    {
        var text = _plot.Attribute("aria-label")!.Value;
        Assert.Contains("d4m & co: +1.2 \u00B1 2.0 points over random images with ConvNet-3 w32, \u22123.1 \u00B1 1.1 points over random images with mobilenet_v2.", text, StringComparison.Ordinal);
        Assert.Contains("one seed: +2.0 points over random images with ConvNet-3 w32.", text, StringComparison.Ordinal);
        // The longest name ends before the axis begins, by the width that its letters have at most on average.
        Assert.InRange(_plot.Descendants("line").Where(l => Class(l) == "grid").Min(l => Number(l, "x1")), 12 + 8.8 * 34 - 0.01, 400);
        Assert.Equal(Students, _plot.Elements("text").Where(t => Class(t) == "tick").Take(2).Select(t => t.Value));
    }

    [Fact]
    public void StandAlone_File_NeedsNoStyleSheet()
    {
        var file = XElement.Parse(GainPlot.StandAlone(Rows, Students).Text);
        var style = file.Elements().Single(e => e.Name.LocalName == "style").Value;
        Assert.All(file.Descendants().Select(Class).SelectMany(c => c.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(c => c != "row").Distinct(), c => Assert.Matches($@"\.{c}[ ,]", style));
    }

    private static string Class(XElement element) => element.Attribute("class")?.Value ?? "";

    private static double Number(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);
}

using Ddoq.Cli.Pipeline;
using Ddoq.Cli.Reporting;

namespace Ddoq.Cli.Tests.Pipeline;

/// <summary>The sentences under the table say no more than the students do.</summary>
public sealed class QuickstartFindingsTests
{
    [Fact]
    public void Findings_DifferenceAgainstTheLargerSpread_IsBeyondOrWithin()
    {
        var findings = QuickstartReport.Findings(Rows(ddoq: [0.80, 0.82], random: [0.70, 0.71]));
        Assert.Contains("10.5 points more than random real images, beyond the spread (1.4)", findings[0], StringComparison.Ordinal);
        Assert.Contains("within the spread", QuickstartReport.Findings(Rows(ddoq: [0.70, 0.72], random: [0.70, 0.71]))[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Findings_OneStudentEach_ClaimsNoSpread()
    {
        var findings = QuickstartReport.Findings(Rows(ddoq: [0.80], random: [0.70]));
        Assert.All(findings.SkipLast(1), f => Assert.Contains("of one student each, so without a spread", f, StringComparison.Ordinal));
        Assert.DoesNotContain(findings, f => f.Contains("beyond", StringComparison.Ordinal));
    }

    private static ScoreRow[] Rows(double[] ddoq, double[] random) =>
        [.. new[] { ("random", random), ("vae-random", random), ("kmeans-medoid", random), ("d4m", random), ("ddoq", ddoq), ("ddoq-anchored", ddoq) }.Select(r => new ScoreRow(r.Item1, "images", "soft", new SeedScores(r.Item2), new SeedScores(r.Item2)))];
}

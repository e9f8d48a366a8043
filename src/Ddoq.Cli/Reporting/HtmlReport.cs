using Ddoq.Foundations;

namespace Ddoq.Cli.Reporting;

/// <summary>A run's report as one HTML page that stands alone: no script, no font, no image or style from elsewhere.</summary>
internal static class HtmlReport
{
    /// <summary>Writes the page, whole or not at all, replacing an older one.</summary>
    /// <exception cref="WorkFailedException">The disk refuses.</exception>
    public static void Write(string path, RunReport report) => ReportFile.Write(path, Render(report));

    /// <summary>The page as text; equal reports give equal text.</summary>
    public static string Render(RunReport report) => ReportPage.Render(report.Title, Markup.Of($"""
        {Head(report)}
        {ReportSections.Findings(report.Findings)}
        {ScoreSection.Render(report)}
        {GridSection.Render(report.Grids)}
        {ReportSections.Distortions(report.Distortions)}
        {ReportSections.Timings(report.Timings)}
        {ReportSections.Facts("settings", "Settings", report.Settings)}
        {ReportSections.Facts("provenance", "Hashes and versions", report.Provenance)}
        """)).Text;

    private static Markup Head(RunReport report) => Markup.Of($"""
        <header><p class="brand">ddoq report</p><h1>{report.Title}</h1>
        <dl class="summary">{Markup.Join(Summary(report), f => Markup.Of($"<div><dt>{f.Name}</dt><dd>{f.Value}</dd></div>"))}</dl></header>

        """);

    private static IEnumerable<ReportFact> Summary(RunReport report)
    {
        yield return new("Data set", report.Dataset);
        yield return new("Images per class", $"{report.ImagesPerClass}");
        yield return new("Seeds", string.Join(", ", report.Seeds));
        if (report.Timings.Count > 0) yield return new("Time, all stages", Figures.Seconds(report.Timings.Sum(t => t.Seconds)));
    }
}

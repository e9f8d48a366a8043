using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using CsCheck;
using Ddoq.Cli.Reporting;

namespace Ddoq.Cli.Tests.Reporting;

public sealed class HtmlReportTests
{
    private const string Hostile = "</title><script>alert(1)</script>\" onload='x' & ]]> \0\u0001\uFFFF \uD83D\uDC7E é";

    [Fact]
    public void Render_SampleReport_IsWellFormedWithOneMainHeading()
    {
        var page = Parse(HtmlReport.Render(SampleReports.Create()));
        Assert.Equal("Fashion-MNIST in 100 images", Assert.Single(page.Descendants("h1")).Value);
        Assert.Equal(["findings", "scores", "images", "distances", "time", "settings", "provenance"], page.Descendants("section").Select(s => s.Attribute("id")!.Value));
    }

    [Fact]
    public void Render_EveryScore_StandsInItsRow()
    {
        var report = SampleReports.Create();
        var rows = Parse(HtmlReport.Render(report)).Descendants("table").Single(t => Is(t, "scores")).Descendants("tr").Where(r => Is(r, "method") || Is(r, "is-reference")).ToList();
        Assert.Equal(report.Scores.Count, rows.Count);
        foreach (var (score, row) in report.Scores.Zip(rows))
        {
            Assert.StartsWith(score.Method, row.Element("th")!.Value);
            Assert.Contains(score.Description, row.Element("th")!.Value);
            string[] expected = [Percent(score.Last.Mean), Percent(score.Last.Minimum), Percent(score.Last.Maximum), "*", Percent(score.Best.Mean), Percent(score.Best.Minimum), Percent(score.Best.Maximum), .. score.Last.Values.Select(Percent)];
            var cells = row.Elements("td").Select(c => c.Value).ToArray();
            Assert.Equal(expected.Length, cells.Length);
            for (var i = 0; i < cells.Length; i++)
                if (expected[i] != "*") Assert.StartsWith(expected[i], cells[i]);
        }
    }

    [Fact]
    public void Render_Differences_AreAgainstTheReferenceOfTheSameLabels()
    {
        ScoreRow Row(string method, string labels, double value, bool reference = false) => new(method, "", labels, new([value]), new([value]), reference);
        var report = SampleReports.Create(seeds: 1) with
        {
            Scores = [Row("random", "hard", 0.70, true), Row("a", "hard", 0.75), Row("random", "soft", 0.80, true), Row("b", "soft", 0.79)],
        };
        var rows = Parse(HtmlReport.Render(report)).Descendants("table").Single(t => Is(t, "scores")).Descendants("tr").Where(r => Is(r, "method") || Is(r, "is-reference"));
        Assert.Equal(["reference", "+5.0", "reference", "\u22121.0"], rows.Select(r => r.Elements("td").ElementAt(3).Value));
    }

    [Fact]
    public void Render_Plot_HasADotForEverySeedAndTheMeanInItsText()
    {
        var report = SampleReports.Create();
        var plots = Parse(HtmlReport.Render(report)).Descendants("svg").Where(s => Is(s, "plot")).ToList();
        Assert.Equal(2, plots.Count);
        foreach (var (plot, rows) in plots.Zip(report.Scores.GroupBy(s => s.Labels)))
        {
            Assert.Equal(rows.Sum(r => r.Last.Values.Count + r.Best.Values.Count), plot.Descendants("circle").Count());
            Assert.All(plot.Descendants("circle"), c => Assert.InRange(Number(c, "cx"), 190, 960));
            Assert.All(rows, r => Assert.Contains($"{r.Method} {Percent(r.Last.Mean)} %", plot.Attribute("aria-label")!.Value));
            // Dots in the order of the values: a larger accuracy lies further right.
            var dots = plot.Descendants("circle").Where(c => Is(c, "last")).Select(c => Number(c, "cx")).Zip(rows.SelectMany(r => r.Last.Values)).OrderBy(p => p.Second).Select(p => p.First).ToList();
            Assert.Equal(dots.Order(), dots);
        }
    }

    [Fact]
    public void Render_Images_CarryPngTextWeightAndCount()
    {
        var report = SampleReports.Create(classes: 2, imagesPerClass: 3);
        var figures = Parse(HtmlReport.Render(report)).Descendants("figure").Where(f => f.Element("img") is not null).ToList();
        var images = report.Grids.SelectMany(g => g.Rows.SelectMany(r => r.Images)).ToList();
        Assert.Equal(4 * 2 * 3, figures.Count);
        foreach (var (figure, image) in figures.Zip(images))
        {
            var source = figure.Element("img")!.Attribute("src")!.Value;
            Assert.Equal(image.Png, Convert.FromBase64String(source["data:image/png;base64,".Length..]));
            Assert.Equal(image.Weight.ToString("0.00", CultureInfo.InvariantCulture), figure.Descendants("span").First(s => Is(s, "weight")).Value);
            Assert.Equal(image.Count?.ToString("#,0", CultureInfo.InvariantCulture), figure.Descendants("span").FirstOrDefault(s => Is(s, "count"))?.Value);
        }
        Assert.Equal("T-shirt/top, image 1 of random", figures[0].Element("img")!.Attribute("alt")!.Value);
    }

    [Fact]
    public void Render_Page_NeedsNothingFromElsewhere()
    {
        var text = HtmlReport.Render(SampleReports.Create());
        Assert.DoesNotMatch(new Regex("(?i)https?:|url\\(|@import|<script|<link|javascript:|xlink"), text);
        var page = Parse(text);
        Assert.Empty(page.Descendants().Attributes("href"));
        Assert.All(page.Descendants().Attributes("src"), s => Assert.StartsWith("data:image/png;base64,", s.Value));
        Assert.All(page.Descendants("img"), i => Assert.NotEmpty(i.Attribute("alt")!.Value));
        Assert.All(page.Descendants("th"), h => Assert.NotNull(h.Attribute("scope")));
    }

    [Fact]
    public void Render_HostileText_IsShownNotObeyed()
    {
        var report = SampleReports.Create(classes: 1, imagesPerClass: 1);
        var grid = report.Grids[0];
        var page = Parse(HtmlReport.Render(report with
        {
            Title = Hostile,
            Dataset = Hostile,
            Findings = [Hostile],
            Scores = [report.Scores[0] with { Method = Hostile, Description = Hostile, Labels = Hostile }],
            Grids = [new ImageGrid(Hostile, Hostile, [new GridRow(Hostile, grid.Rows[0].Images)])],
            Distortions = [new ClassDistortion(Hostile, 1, 1, 1)],
            Timings = [new StageTime(Hostile, 1, Hostile)],
            Settings = [new ReportFact(Hostile, Hostile)],
            Provenance = [new ReportFact(Hostile, Hostile)],
        }));
        Assert.Empty(page.Descendants("script"));
        Assert.DoesNotContain(page.Descendants().Attributes(), a => a.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        Assert.Equal(Hostile.Replace('\0', '\uFFFD').Replace('\u0001', '\uFFFD').Replace('\uFFFF', '\uFFFD'), page.Descendants("h1").Single().Value);
    }

    [Fact]
    public void Of_AnyText_ParsesBackToItself() =>
        Gen.String.Sample(text =>
        {
            var element = XElement.Parse(Markup.Of($"<a b=\"{text}\">x{text}</a>").Text, LoadOptions.PreserveWhitespace);
            var expected = string.Concat(text.EnumerateRunes().Select(r => System.Text.Rune.IsControl(r) || (r.Value & 0xFFFE) == 0xFFFE ? "\uFFFD" : r.ToString()));
            Assert.Equal("x" + expected, element.Value);
            Assert.Equal(expected, element.Attribute("b")!.Value);
        }, iter: 300);

    [Fact]
    public void Render_OnlyAHead_LeavesEmptyPartsOut()
    {
        var page = Parse(HtmlReport.Render(new RunReport { Title = "t", Dataset = "d", ImagesPerClass = 1, Seeds = [0] }));
        Assert.Empty(page.Descendants("section"));
    }

    [Fact]
    public void Write_ExistingPage_IsReplacedWhole()
    {
        var folder = Directory.CreateTempSubdirectory("ddoq-test-").FullName;
        try
        {
            var path = Path.Combine(folder, "report.html");
            File.WriteAllText(path, "old");
            HtmlReport.Write(path, SampleReports.Create());
            Assert.Equal(HtmlReport.Render(SampleReports.Create()), File.ReadAllText(path));
            Assert.Equal([path], Directory.GetFileSystemEntries(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Percent(double fraction) => (100 * fraction).ToString("0.0", CultureInfo.InvariantCulture);

    private static double Number(XElement element, string attribute) => double.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);

    private static bool Is(XElement element, string style) => element.Attribute("class")?.Value.Split(' ').Contains(style) ?? false;

    private static XDocument Parse(string page)
    {
        using var reader = XmlReader.Create(new StringReader(page), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader);
    }
}

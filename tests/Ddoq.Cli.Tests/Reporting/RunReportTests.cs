using Ddoq.Cli.Reporting;
using Ddoq.Foundations;

namespace Ddoq.Cli.Tests.Reporting;

public sealed class RunReportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ddoq-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string At(string name) => Path.Combine(_folder, name);

    [Fact]
    public void Load_SavedReport_MakesTheSamePage()
    {
        var report = SampleReports.Create();
        report.Save(At("run.json"));
        var loaded = RunReport.Load(At("run.json"));
        Assert.Equal(report.ToJson(), loaded.ToJson());
        Assert.Equal(HtmlReport.Render(report), HtmlReport.Render(loaded));
    }

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 2", "version 2, expected 'ddoq-run-report' version 1")]
    [InlineData("ddoq-run-report", "other", "format 'other'")]
    [InlineData("\"dataset\":", "\"data\":", "not a run report")]
    [InlineData("\"images_per_class\": 10", "\"images_per_class\": \"ten\"", "not a run report")]
    [InlineData("\"seeds\": [", "\"seeds\": [9,", "one per seed")]
    [InlineData("\"findings\": [", "\"findings\": [null,", "null entry")]
    [InlineData("\"images\": [", "\"images\": [null,", "null entry")]
    [InlineData("{", "", "not a run report")]
    public void Load_ForgedReport_SaysWhatIsWrong(string from, string to, string message)
    {
        var json = SampleReports.Create().ToJson();
        var at = json.IndexOf(from, StringComparison.Ordinal);
        Assert.True(at >= 0);
        File.WriteAllText(At("run.json"), json[..at] + to + json[(at + from.Length)..]);
        Assert.Contains(message, Assert.Throws<BadInputException>(() => RunReport.Load(At("run.json"))).Message);
    }

    [Fact]
    public void Save_DiskRefuses_SaysSo()
    {
        File.WriteAllText(At("file"), "in the way");
        Assert.Throws<WorkFailedException>(() => SampleReports.Create(classes: 1).Save(At("file/run.json")));
    }

    [Fact]
    public void Load_Missing_SaysWhatToGive() => Assert.Contains("Give the folder", Assert.Throws<BadInputException>(() => RunReport.Load(At("run.json"))).Message);

    [Fact]
    public void SeedScores_HandComputed_MeanAndSampleDeviation()
    {
        var scores = new SeedScores([0.7, 0.8, 0.9]);
        Assert.Equal(0.8, scores.Mean, 12);
        Assert.Equal(0.1, scores.StandardDeviation, 12);
        Assert.Equal((0.7, 0.9), (scores.Minimum, scores.Maximum));
        Assert.Equal(0, new SeedScores([0.5]).StandardDeviation);
    }
}

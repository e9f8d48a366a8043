using System.Globalization;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Reporting;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Evaluation;

namespace Ddoq.Cli.Pipeline;

/// <summary>Turns a run's artifacts into the report: all figures come from them, so a second run writes the same bytes.</summary>
internal static class QuickstartReport
{
    public static RunReport Of(Distillation run, IImageDataset train, IImageDataset test, StudentProtocol protocol,
        IReadOnlyList<(string Method, DistilledSet Set)> sets, IReadOnlyList<(string Method, EvaluationReport Report)> scores, SeedSequence seeds)
    {
        var rows = scores.Select(s => RowOf(s.Report, s.Method, DistillationMethods.Named(s.Method).Description)).ToArray();
        return new RunReport
        {
            Title = $"Fashion-MNIST in {sets[^1].Set.Count} images",
            Dataset = train.Name,
            ImagesPerClass = run.Recipe.ImagesPerClass,
            Seeds = [.. Enumerable.Range(0, rows[0].Last.Values.Count).Select(s => (ulong)s)],
            Findings = Findings(rows),
            Scores = rows,
            Grids = [.. sets.Reverse().Select(s => GridOf(s.Method, DistillationMethods.Named(s.Method).Description, s.Set))],
            Distortions = Distortions(run),
            Timings = Timings(run.Folder.Ledger),
            Settings = Settings(run.Recipe, protocol, seeds),
            Provenance = Provenance(train, test, sets[^1].Set),
        };
    }

    private static ScoreRow RowOf(EvaluationReport report, string method, string description) => new(method, description, report.Protocol.Labels.ToString().ToLowerInvariant(),
        new SeedScores([.. report.Students.Select(s => s.Last)]), new SeedScores([.. report.Students.Select(s => s.Best)]), IsReference: method == DistillationMethods.Baseline);

    private static ImageGrid GridOf(string method, string description, DistilledSet set)
    {
        var size = set.Shape.Size;
        GridImage ImageOf(int row) => new(ImageCodec.EncodePng(set.Pixels.Span.Slice(row * size, size), set.Shape), set.Shape.Width, set.Images[row].Weight, DistillationMethods.Named(method).HasCells ? set.Images[row].Count : null);
        return new ImageGrid(method, description, [.. set.ClassNames.Select((name, c) => new GridRow(name, [.. Enumerable.Range(0, set.Count).Where(i => set.Images[i].Label == c).Select(ImageOf)]))]);
    }

    private static ClassDistortion[] Distortions(Distillation run)
    {
        var equal = run.EqualWeightDistortions();
        return [.. run.Codebook().Classes.Select((c, i) => new ClassDistortion(c.Name, c.Distortion, c.W2, Math.Sqrt(equal[i])))];
    }

    // Students run side by side, so their seconds are shares of work, not of the clock.
    private static StageTime[] Timings(StageLedger ledger) =>
    [
        .. new[] { "encode", "distances" }.Where(ledger.Costs.ContainsKey).Select(s => new StageTime(s, ledger.Costs[s].Seconds)),
        new StageTime("quantize", ledger.Costs.Where(s => s.Key.StartsWith("quantize-", StringComparison.Ordinal)).Sum(s => s.Value.Seconds)),
        .. ledger.Costs.Where(s => s.Key.StartsWith("set-", StringComparison.Ordinal)).Select(s => new StageTime(s.Key.Replace("set-", "images and labels: ", StringComparison.Ordinal), s.Value.Seconds)),
        new StageTime("students", ledger.Costs.Where(s => s.Key.StartsWith("train-", StringComparison.Ordinal)).Sum(s => s.Value.Seconds), "sum over students, which run side by side"),
    ];

    private static ReportFact[] Settings(DistillationRecipe recipe, StudentProtocol p, SeedSequence seeds) =>
    [
        new("images per class", Text(recipe.ImagesPerClass)),
        new("quantizer", $"{recipe.Quantizer.Algorithm}, {recipe.Quantizer.Initialization}"),
        new("start, guidance, denoising steps", $"{recipe.Synthesis.Level}, {Text(recipe.Synthesis.GuidanceScale)}, {Text(recipe.Synthesis.Steps)}"),
        new("weights of ddoq and kmeans-medoid", $"{WeightRuleNames.Of(recipe.Weights)} of the cell masses, mean one within a class"),
        new("soft labels", recipe.Labels is { } labels ? $"{Text(labels.Views)} views per image ({labels.Augmentation}), temperature {Text(labels.Temperature)}" : "none"),
        new("student", $"{p.Student}"),
        new("protocol", $"{p.Name}: {p.Labels.ToString().ToLowerInvariant()} labels, {Text(p.Epochs)} epochs, batch {Text(p.BatchSize)}, {p.Optimizer}, learning rate {Text(p.LearningRate)}, {p.Decay}, weights {(p.Weights is { } rule ? WeightRuleNames.Of(rule) + " of the counts" : "as stored in each set")}"),
        new("root seed", Text(seeds.Root)),
    ];

    private static ReportFact[] Provenance(IImageDataset train, IImageDataset test, DistilledSet set) =>
    [
        new("ddoq", ToolVersion.Current),
        new("training images", $"{train.Name}, {Text(train.Count)}, {train.Fingerprint}"),
        new("test images", $"{test.Name}, {Text(test.Count)}, {test.Fingerprint}"),
        .. set.Provenance.Models.Select(m => new ReportFact(m.Role, $"{m.Name}, {m.Sha256}")),
        new("licence of the source", set.Provenance.Source.Licence),
    ];

    /// <summary>What the table says, by rule: a difference counts only beyond the larger standard deviation of the two rows.</summary>
    internal static string[] Findings(IReadOnlyList<ScoreRow> rows)
    {
        ScoreRow Of(string method) => rows.First(r => r.Method == method);
        return
        [
            Compare("ddoq", Of("ddoq"), "random real images", Of("random")),
            Compare("ddoq", Of("ddoq"), "d4m", Of("d4m")),
            Compare("ddoq-anchored", Of("ddoq-anchored"), "random real images", Of("random")),
            Compare("ddoq-anchored", Of("ddoq-anchored"), "the real images nearest to the centroids", Of("kmeans-medoid")),
            Compare("real images through the autoencoder", Of("vae-random"), "the same images untouched", Of("random")),
            Compare("the real images nearest to the centroids", Of("kmeans-medoid"), "random real images", Of("random")),
            "Spread is the standard deviation over students; all students of a method learn from the same images. \"best\" is chosen on the test set, so it flatters.",
        ];
    }

    private static string Compare(string what, ScoreRow row, string than, ScoreRow other)
    {
        var points = 100 * (row.Last.Mean - other.Last.Mean);
        var spread = 100 * Math.Max(row.Last.StandardDeviation, other.Last.StandardDeviation);
        var verdict = row.Last.Values.Count < 2 ? "of one student each, so without a spread"
            : string.Create(CultureInfo.InvariantCulture, $"{(Math.Abs(points) <= spread ? "within" : "beyond")} the spread ({spread:0.0})");
        return string.Create(CultureInfo.InvariantCulture, $"{what}: {Math.Abs(points):0.0} points {(points >= 0 ? "more" : "less")} than {than}, {verdict}.");
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}

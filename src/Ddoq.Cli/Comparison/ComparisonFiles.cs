using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Pipeline;
using Ddoq.Cli.Reporting;
using Ddoq.Neural.Evaluation;
using Spectre.Console;
using Spectre.Console.Rendering;
using Markup = Ddoq.Cli.Reporting.Markup;

namespace Ddoq.Cli.Comparison;

/// <summary>A comparison as JSON, CSV, HTML and on the console. Equal rows give equal bytes but for seconds and memory.</summary>
internal sealed class ComparisonFiles(ComparisonRecipe recipe, ComparisonRun run, ulong seed, IReadOnlyList<ComparisonRow> rows)
{
    public const string Json = "results.json", Csv = "results.csv", Html = "results.html", Plots = "plots";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly (string Name, Func<ComparisonRow, ComparisonRow?, object?> Value)[] Columns =
    [
        ("method", (r, _) => r.Method), ("ipc", (r, _) => r.ImagesPerClass), ("student", (r, _) => r.Student), ("protocol", (r, _) => r.Protocol), ("labels", (r, _) => r.Labels), ("weights", (r, _) => r.Weights),
        ("mean", (r, _) => r.Last.Mean), ("std", (r, _) => r.Last.Std), ("ci95", (r, _) => r.Last.Ci95), ("seeds", (r, _) => r.Students.Count),
        ("seconds", (r, _) => Math.Round(r.SetSeconds + r.StudentSeconds, 3)), ("bytes", (r, _) => r.ImageBytes + r.LabelBytes),
        ("best_mean", (r, _) => r.Best.Mean), ("best_std", (r, _) => r.Best.Std), ("best_ci95", (r, _) => r.Best.Ci95),
        ("over_random", (r, random) => random is null || r == random ? null : r.Over(random).Mean), ("over_random_ci95", (r, random) => random is null || r == random ? null : Finite(r.Over(random).Ci95)),
        ("seconds_set", (r, _) => Math.Round(r.SetSeconds, 3)), ("seconds_student", (r, _) => Math.Round(r.StudentSeconds, 3)), ("bytes_images", (r, _) => r.ImageBytes), ("bytes_labels", (r, _) => r.LabelBytes),
        ("peak_memory_set", (r, _) => r.SetPeakBytes), ("peak_memory_student", (r, _) => r.StudentPeakBytes),
    ];

    /// <summary>Writes all three files into the run.</summary>
    public void Write(string folder)
    {
        ReportFile.Write(Path.Combine(folder, Json), Document().ToJsonString(Indented) + "\n");
        ReportFile.Write(Path.Combine(folder, Csv), CsvText());
        ReportFile.Write(Path.Combine(folder, Html), Page());
        var plots = Directory.CreateDirectory(Path.Combine(folder, Plots)).FullName;
        foreach (var group in Groups())
            foreach (var ipc in Counts(group)) ReportFile.Write(Path.Combine(plots, $"{Anchor(group[0]).Trim('-')}-ipc{ipc}.svg"), ScorePlot.StandAlone(PlotRows(group, ipc), SeedsOf(PlotRows(group, ipc))).Text);
        foreach (var cells in Races()) ReportFile.Write(Path.Combine(plots, $"{Slug(RaceTitle(cells[0]))}-gains.svg"), GainPlot.StandAlone(GainRows(cells), Students(cells)).Text);
    }

    /// <summary>The document for scripts.</summary>
    public JsonObject Document() => new()
    {
        ["name"] = recipe.Name,
        ["scored_on"] = run.ScoredOn,
        ["chance"] = run.Chance,
        ["seed"] = seed,
        ["program"] = ToolVersion.Current,
        ["shared_stages"] = new JsonObject(run.SharedCosts.Select(s => KeyValuePair.Create(s.Stage, (JsonNode?)new JsonObject { ["seconds"] = Math.Round(s.Cost.Seconds, 3), ["peak_memory_bytes"] = s.Cost.PeakBytes }))),
        ["peak_memory_bytes"] = run.SharedCosts.Select(s => s.Cost.PeakBytes).Concat(rows.SelectMany(r => new[] { r.SetPeakBytes, r.StudentPeakBytes })).Max(),
        ["rows"] = new JsonArray([.. rows.Select(r => (JsonNode)Row(r))]),
    };

    /// <summary>The tables for people: one for each protocol and student.</summary>
    public IRenderable View() => new Rows(Groups().Select(g => (IRenderable)new Rows(
        new Text(Title(g[0])),
        Outcome.Table(["method", "weights", .. Counts(g).SelectMany(n => new[] { $"ipc {n} #", "over random #" }), "best #"],
            Methods(g).Select(m => (IEnumerable<string>)[m, WeightsOf(g, m), .. Counts(g).SelectMany(n => Cell(g, m, n)), BestOf(g, m)])))).Append(new Text(Note)));

    private string Note => string.Create(CultureInfo.InvariantCulture,
        $"Accuracy after the last epoch in percent with the half width of its 95 % interval over seeds; scored on {run.ScoredOn}, chance {100 * run.Chance:0.0}. 'over random' is the mean of the differences seed by seed with its interval; * marks those that leave zero out. 'best' is the best evaluation at the largest ipc, chosen on the scored images: it flatters.");

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private JsonObject Row(ComparisonRow row)
    {
        var json = new JsonObject(Columns.Select(c => KeyValuePair.Create(c.Name, JsonSerializer.SerializeToNode(c.Value(row, RandomOf(row))))));
        json["last"] = new JsonArray([.. row.Students.Select(s => (JsonNode)s.Last)]);
        json["best"] = new JsonArray([.. row.Students.Select(s => (JsonNode)s.Best)]);
        return json;
    }

    private string CsvText()
    {
        static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) is { } text && text.AsSpan().IndexOfAny(",\"\n") >= 0
            ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        var csv = new StringBuilder().AppendJoin(',', Columns.Select(c => c.Name)).Append('\n');
        foreach (var row in rows) csv.AppendJoin(',', Columns.Select(c => Text(c.Value(row, RandomOf(row))))).Append('\n');
        return csv.ToString();
    }

    private string Page() => ReportPage.Render(recipe.Name, Markup.Of($"""
        <header><p class="brand">ddoq comparison</p><h1>{recipe.Name}</h1></header>
        {Markup.Join(recipe.About, line => Markup.Of($"<p class=\"note\">{line}</p>"))}
        <p class="note">{Note}</p>
        {Markup.Join(Groups(), Section)}
        {Markup.Join(Races(), GainSection)}
        """)).Text;

    private Markup Section(ComparisonRow[] group) => ReportSections.Section(Anchor(group[0]), Title(group[0]), Markup.Of($"""
        <table class="numbers scores"><thead><tr><th scope="col" class="text">Method</th><th scope="col" class="text">Weights</th>
        {Markup.Join(Counts(group), n => Markup.Of($"""<th scope="col">ipc {n}</th><th scope="col">over random</th>"""))}<th scope="col">Seconds per set</th><th scope="col">per student</th><th scope="col">Peak MB, set</th><th scope="col">student</th><th scope="col">Bytes</th></tr></thead>
        <tbody>{Markup.Join(Methods(group), m => TableRow(group, m))}</tbody></table>
        {Markup.Join(Counts(group), n => Plot(group, n))}
        """));

    private Markup TableRow(ComparisonRow[] group, string method)
    {
        var largest = group.Last(r => r.Method == method);
        return Markup.Of($"""
            <tr class="{(method == DistillationMethods.Baseline ? "is-reference" : "method")}"><th scope="row" class="text"><span class="name">{method}</span> <span class="description">{largest.Description}</span></th><td class="text">{largest.Weights}</td>
            {Markup.Join(Counts(group), n => Markup.Join(Cell(group, method, n), text => Markup.Of($"<td>{text}</td>")))}<td>{largest.SetSeconds:0.0}</td><td>{largest.StudentSeconds:0.0}</td><td>{largest.SetPeakBytes / 1e6:0}</td><td>{largest.StudentPeakBytes / 1e6:0}</td><td>{largest.ImageBytes + largest.LabelBytes:#,0}</td></tr>

            """);
    }

    private static Markup Plot(ComparisonRow[] group, int ipc)
    {
        var of = PlotRows(group, ipc);
        return Markup.Of($"""<figure class="chart"><figcaption><h3>{ipc} images per class</h3></figcaption>{ScorePlot.Render(of, SeedsOf(of))}</figure>""");
    }

    private Markup GainSection(ComparisonRow[] race) => ReportSections.Section(Slug(RaceTitle(race[0])), RaceTitle(race[0]), Markup.Of($"""
        <p class="note">Points over random images, mean over seeds with its 95 % interval, one mark for every student; filled where the interval leaves zero out.</p>
        <figure class="chart">{GainPlot.Render(GainRows(race), Students(race))}</figure>
        """));

    // Cells that one gain plot holds: several students, the same labels and as many images.
    private IEnumerable<ComparisonRow[]> Races() => rows.GroupBy(r => (r.Protocol, r.Labels, r.ImagesPerClass)).Select(g => g.ToArray()).Where(g => Methods(g).Length > 1);

    private GainRow[] GainRows(ComparisonRow[] race) => [.. Methods(race).Where(m => m != DistillationMethods.Baseline).Select(m => new GainRow(m,
        [.. Students(race).Select(s => race.FirstOrDefault(r => r.Method == m && r.Student == s) is { } row && RandomOf(row) is { } random ? row.Over(random) : (PairedDifference?)null)]))];

    private static string[] Students(ComparisonRow[] race) => [.. race.Select(r => r.Student).Distinct()];

    private static string RaceTitle(ComparisonRow row) => $"Protocol {row.Protocol} ({row.Labels} labels), {row.ImagesPerClass} images per class";

    private static ScoreRow[] PlotRows(ComparisonRow[] group, int ipc) => [.. group.Where(r => r.ImagesPerClass == ipc).Select(r => new ScoreRow(r.Method, r.Description, r.Labels,
        new SeedScores([.. r.Students.Select(s => s.Last)]), new SeedScores([.. r.Students.Select(s => s.Best)]), IsReference: r.Method == DistillationMethods.Baseline))];

    private static ulong[] SeedsOf(ScoreRow[] rows) => [.. Enumerable.Range(0, rows.Max(r => r.Last.Values.Count)).Select(s => (ulong)s)];

    private IEnumerable<ComparisonRow[]> Groups() => rows.GroupBy(r => (r.Protocol, r.Student)).Select(g => g.ToArray());

    private static int[] Counts(ComparisonRow[] group) => [.. group.Select(r => r.ImagesPerClass).Distinct().Order()];

    private static string[] Methods(ComparisonRow[] group) => [.. group.Select(r => r.Method).Distinct()];

    private static string WeightsOf(ComparisonRow[] group, string method) => group.First(r => r.Method == method).Weights;

    private string[] Cell(ComparisonRow[] group, string method, int ipc)
    {
        if (group.FirstOrDefault(r => r.Method == method && r.ImagesPerClass == ipc) is not { } row) return ["", ""];
        var mean = row.Students.Count == 1 ? Figures.Percent(row.Last.Mean) : $"{Figures.Percent(row.Last.Mean)} ± {Figures.Percent(row.Last.Ci95)}";
        return [mean, RandomOf(row) is not { } random || random == row ? "" : Difference(row.Over(random))];
    }

    private static string Difference(PairedDifference d) => d.Pairs == 1 ? Figures.Points(d.Mean) : $"{Figures.Points(d.Mean)} ± {Figures.Percent(d.Ci95)}{(d.IsClear ? " *" : "")}";

    private static string BestOf(ComparisonRow[] group, string method) => Figures.Percent(group.Last(r => r.Method == method).Best.Mean);

    private ComparisonRow? RandomOf(ComparisonRow row) => rows.FirstOrDefault(r => r.Method == DistillationMethods.Baseline && r.Setting == row.Setting);

    private static string Title(ComparisonRow row) => $"Protocol {row.Protocol} ({row.Labels} labels), {row.Student}";

    private static string Anchor(ComparisonRow row) => Slug(Title(row));

    private static string Slug(string title) => string.Concat(title.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-'));
}

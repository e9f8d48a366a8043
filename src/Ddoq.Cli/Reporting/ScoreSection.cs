namespace Ddoq.Cli.Reporting;

/// <summary>The scores: for each kind of labels a dot plot, then one table with every number.</summary>
internal static class ScoreSection
{
    public static Markup Render(RunReport report)
    {
        if (report.Scores.Count == 0) return Markup.Nothing;
        var groups = report.Scores.GroupBy(s => s.Labels).Select(g => g.ToList()).ToList();
        return ReportSections.Section("scores", "Scores", Markup.Of($"""
            <p class="note">Test accuracy in percent of students trained on each set of images alone, {Figures.Counted(report.Seeds.Count, "seed", "seeds")} each.
            Random real images are the <span class="key reference">reference</span>: a method is worth what it adds to them.</p>
            {Markup.Join(groups, g => Plot(g, report.Seeds))}
            {Table(groups, report.Seeds)}
            <p class="note small">Last: accuracy after the last epoch. Best: the highest accuracy over all epochs on the test set itself, as most papers report it; it is optimistic.
            &#xB1; is the standard deviation over seeds (n &#x2212; 1). Difference: mean at the last epoch minus that of the reference with the same labels, in points.</p>
            """));
    }

    private static Markup Plot(List<ScoreRow> rows, IReadOnlyList<ulong> seeds) => Markup.Of($"""
        <figure class="chart"><figcaption><h3>{Title(rows[0].Labels)}</h3>
        <p class="legend"><span class="mark last"></span>a seed, last epoch <span class="mark best"></span>a seed, best epoch <span class="mark mean"></span>mean, last epoch
        <span class="mark line"></span>mean of the reference</p></figcaption>
        {ScorePlot.Render(rows, seeds)}</figure>

        """);

    private static Markup Table(List<List<ScoreRow>> groups, IReadOnlyList<ulong> seeds) => Markup.Of($"""
        <table class="numbers scores"><caption>Test accuracy, percent</caption><thead>
        <tr><td rowspan="2"></td><th scope="colgroup" colspan="4">Last epoch</th><th scope="colgroup" colspan="3">Best epoch</th><th scope="colgroup" colspan="{seeds.Count}">Last epoch, by seed</th></tr>
        <tr><th scope="col">Mean</th><th scope="col">Min</th><th scope="col">Max</th><th scope="col">Difference</th><th scope="col">Mean</th><th scope="col">Min</th><th scope="col">Max</th>
        {Markup.Join(seeds, s => Markup.Of($"""<th scope="col">{s}</th>"""))}</tr></thead>
        {Markup.Join(groups, g => Group(g, seeds.Count))}
        </table>
        """);

    private static Markup Group(List<ScoreRow> rows, int seeds)
    {
        var reference = rows.FirstOrDefault(r => r.IsReference);
        return Markup.Of($"""
            <tbody><tr class="group"><th scope="rowgroup" colspan="{8 + seeds}">{Title(rows[0].Labels)}</th></tr>
            {Markup.Join(rows, r => Row(r, reference))}</tbody>

            """);
    }

    private static Markup Row(ScoreRow row, ScoreRow? reference) => Markup.Of($"""
        <tr class="{(row.IsReference ? "is-reference" : "method")}"><th scope="row" class="text"><span class="name">{row.Method}</span> <span class="description">{row.Description}</span></th>
        {Mean(row.Last)}<td>{Figures.Percent(row.Last.Minimum)}</td><td>{Figures.Percent(row.Last.Maximum)}</td><td class="{Direction(row, reference)}">{Difference(row, reference)}</td>
        {Mean(row.Best)}<td>{Figures.Percent(row.Best.Minimum)}</td><td>{Figures.Percent(row.Best.Maximum)}</td>
        {Markup.Join(row.Last.Values, v => Markup.Of($"""<td class="seed">{Figures.Percent(v)}</td>"""))}</tr>

        """);

    private static Markup Mean(SeedScores scores) => scores.Values.Count < 2
        ? Markup.Of($"""<td class="mean">{Figures.Percent(scores.Mean)}</td>""")
        : Markup.Of($"""<td class="mean">{Figures.Percent(scores.Mean)} <span class="spread">&#xB1; {Figures.Percent(scores.StandardDeviation)}</span></td>""");

    private static string Difference(ScoreRow row, ScoreRow? reference) => row.IsReference ? "reference" : reference is null ? "" : Figures.Points(row.Last.Mean - reference.Last.Mean);

    // Coloured only where the difference is larger than both spreads: below that it may be chance.
    private static string Direction(ScoreRow row, ScoreRow? reference)
    {
        if (row.IsReference || reference is null) return "even";
        var difference = row.Last.Mean - reference.Last.Mean;
        var spread = Math.Max(row.Last.StandardDeviation, reference.Last.StandardDeviation);
        return difference > spread ? "above" : difference < -spread ? "below" : "even";
    }

    private static string Title(string labels) => labels.Length == 0 ? "Labels" : $"{char.ToUpperInvariant(labels[0])}{labels[1..]} labels";
}

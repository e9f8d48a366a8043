namespace Ddoq.Cli.Reporting;

/// <summary>A dot for every seed of every method on one axis, with the mean of the random images as a line to compare against.</summary>
internal static class ScorePlot
{
    private const double Width = 1040, Left = 190, Right = 80, RowHeight = 34, Top = 10, Axis = 34;

    // Colours of the page in daylight: a file of its own has no style sheet.
    private const string Style = """
        text { font: 14px "DejaVu Sans", sans-serif; fill: #1c1f24; } .tick { fill: #646a73; font-size: 12.5px; } .name, .value { font-weight: 600; } .grid { stroke: #e3e4e1; } .band { fill: #faf2e6; }
        .reference { stroke: #a8590e; stroke-width: 1.5; stroke-dasharray: 5 4; } .spread { stroke: #24708f99; stroke-width: 1.5; } .last { fill: #24708f99; } .best { fill: none; stroke: #24708f; stroke-width: 1.3; }
        .mean { stroke: #24708f; stroke-width: 2.5; } .is-reference .name, .is-reference .value { fill: #a8590e; } .is-reference .last { fill: #a8590e; opacity: 0.6; }
        .is-reference .best, .is-reference .mean, .is-reference .spread { stroke: #a8590e; }
        """;

    /// <summary>The plot of rows that share one kind of labels, as an inline SVG.</summary>
    public static Markup Render(IReadOnlyList<ScoreRow> rows, IReadOnlyList<ulong> seeds) => Markup.Of($"""
        <svg class="plot" viewBox="0 0 {Width} {HeightOf(rows)}" role="img" aria-label="{Summary(rows)}">
        {Drawing(rows, seeds)}
        </svg>

        """);

    /// <summary>The plot as a file of its own.</summary>
    public static Markup StandAlone(IReadOnlyList<ScoreRow> rows, IReadOnlyList<ulong> seeds) => Markup.Of($"""
        <svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{HeightOf(rows)}" viewBox="0 0 {Width} {HeightOf(rows)}" role="img" aria-label="{Summary(rows)}">
        <style>{new Markup(Style)}</style><rect width="{Width}" height="{HeightOf(rows)}" fill="#fdfdfc" />
        {Drawing(rows, seeds)}
        </svg>

        """);

    private static double HeightOf(IReadOnlyList<ScoreRow> rows) => Top + rows.Count * RowHeight + Axis;

    private static Markup Drawing(IReadOnlyList<ScoreRow> rows, IReadOnlyList<ulong> seeds)
    {
        var axis = PlotAxis.Around(rows.SelectMany(r => r.Last.Values.Concat(r.Best.Values)));
        double X(double value) => Left + (value - axis.From) / (axis.To - axis.From) * (Width - Left - Right);
        return Markup.Of($"""{Bands(rows)}{Grid(axis, rows.Count, X)}{Reference(rows, X)}{Markup.Join(rows.Index(), r => Row(r.Item, r.Index, seeds, X))}""");
    }

    private static string Summary(IReadOnlyList<ScoreRow> rows) =>
        $"Test accuracy of each seed, {rows[0].Labels} labels. Mean at the last epoch: {string.Join(", ", rows.Select(r => $"{r.Method} {Figures.Percent(r.Last.Mean)} %"))}.";

    private static Markup Bands(IReadOnlyList<ScoreRow> rows) => Markup.Join(rows.Index().Where(r => r.Item.IsReference), r =>
        Markup.Of($"""<rect class="band" x="0" y="{Top + r.Index * RowHeight}" width="{Width}" height="{RowHeight}" rx="4" />"""));

    private static Markup Grid(PlotAxis axis, int rows, Func<double, double> x)
    {
        var bottom = Top + rows * RowHeight;
        return Markup.Join(axis.Ticks(), t => Markup.Of($"""
            <line class="grid" x1="{x(t):0.##}" x2="{x(t):0.##}" y1="{Top}" y2="{bottom + 5}" /><text class="tick" x="{x(t):0.##}" y="{bottom + 22}" text-anchor="middle">{axis.Label(t)}</text>

            """));
    }

    private static Markup Reference(IReadOnlyList<ScoreRow> rows, Func<double, double> x) => Markup.Join(rows.Where(r => r.IsReference).Take(1), r =>
        Markup.Of($"""<line class="reference" x1="{x(r.Last.Mean):0.##}" x2="{x(r.Last.Mean):0.##}" y1="{Top}" y2="{Top + rows.Count * RowHeight}" />"""));

    private static Markup Row(ScoreRow row, int index, IReadOnlyList<ulong> seeds, Func<double, double> x)
    {
        var y = Top + (index + 0.5) * RowHeight;
        var style = row.IsReference ? "row is-reference" : "row";
        return Markup.Of($"""
            <g class="{style}"><text class="name" x="12" y="{y + 4.5}">{row.Method}</text>
            <line class="spread" x1="{x(row.Last.Minimum):0.##}" x2="{x(row.Last.Maximum):0.##}" y1="{y}" y2="{y}" />
            {Markup.Join(row.Best.Values.Index(), v => Dot("best", v.Item, v.Index, seeds, x, y, 3.5))}
            {Markup.Join(row.Last.Values.Index(), v => Dot("last", v.Item, v.Index, seeds, x, y, 4.5))}
            <line class="mean" x1="{x(row.Last.Mean):0.##}" x2="{x(row.Last.Mean):0.##}" y1="{y - 9}" y2="{y + 9}" />
            <text class="value" x="{Width - 12}" y="{y + 4.5}" text-anchor="end">{Figures.Percent(row.Last.Mean)}</text></g>

            """);
    }

    private static Markup Dot(string epoch, double value, int index, IReadOnlyList<ulong> seeds, Func<double, double> x, double y, double radius) => Markup.Of(
        $"""<circle class="{epoch}" cx="{x(value):0.##}" cy="{y}" r="{radius}"><title>seed {seeds[index]}, {epoch} epoch: {Figures.Percent(value)} %</title></circle>""");
}

namespace Ddoq.Cli.Reporting;

/// <summary>A dot for every seed of every method on one axis, with the mean of the random images as a line to compare against.</summary>
internal static class ScorePlot
{
    private const double RowHeight = 34;

    /// <summary>The plot of rows that share one kind of labels, as an inline SVG.</summary>
    public static Markup Render(IReadOnlyList<ScoreRow> rows, IReadOnlyList<ulong> seeds)
    {
        var frame = Frame(rows);
        return frame.Inline(Summary(rows), Drawing(frame, rows, seeds));
    }

    /// <summary>The plot as a file of its own.</summary>
    public static Markup StandAlone(IReadOnlyList<ScoreRow> rows, IReadOnlyList<ulong> seeds)
    {
        var frame = Frame(rows);
        return frame.StandAlone(Summary(rows), Drawing(frame, rows, seeds));
    }

    private static PlotFrame Frame(IReadOnlyList<ScoreRow> rows) => new(PlotAxis.Around(rows.SelectMany(r => r.Last.Values.Concat(r.Best.Values))), [.. rows.Select(r => r.Method)], RowHeight);

    private static string Summary(IReadOnlyList<ScoreRow> rows) =>
        $"Test accuracy of each seed, {rows[0].Labels} labels. Mean at the last epoch: {string.Join(", ", rows.Select(r => $"{r.Method} {Figures.Percent(r.Last.Mean)} %"))}.";

    private static Markup Drawing(PlotFrame frame, IReadOnlyList<ScoreRow> rows, IReadOnlyList<ulong> seeds) => Markup.Of($"""
        {Markup.Join(rows.Index().Where(r => r.Item.IsReference), r => frame.Band(r.Index))}{frame.Grid(frame.Axis.Label)}
        {Markup.Join(rows.Where(r => r.IsReference).Take(1), r => frame.Reference(r.Last.Mean))}{Markup.Join(rows.Index(), r => Row(frame, r.Item, r.Index, seeds))}
        """);

    private static Markup Row(PlotFrame frame, ScoreRow row, int index, IReadOnlyList<ulong> seeds)
    {
        var y = frame.Y(index);
        var style = row.IsReference ? "row is-reference" : "row";
        return Markup.Of($"""
            <g class="{style}">{frame.Name(index)}
            <line class="spread" x1="{frame.X(row.Last.Minimum):0.##}" x2="{frame.X(row.Last.Maximum):0.##}" y1="{y}" y2="{y}" />
            {Markup.Join(row.Best.Values.Index(), v => Dot("best", v.Item, v.Index, 3.5))}
            {Markup.Join(row.Last.Values.Index(), v => Dot("last", v.Item, v.Index, 4.5))}
            <line class="mean" x1="{frame.X(row.Last.Mean):0.##}" x2="{frame.X(row.Last.Mean):0.##}" y1="{y - 9}" y2="{y + 9}" />
            {frame.Value(index, Figures.Percent(row.Last.Mean))}</g>

            """);

        Markup Dot(string epoch, double value, int seed, double radius) => Markup.Of(
            $"""<circle class="{epoch}" cx="{frame.X(value):0.##}" cy="{y}" r="{radius}"><title>seed {seeds[seed]}, {epoch} epoch: {Figures.Percent(value)} %</title></circle>""");
    }
}

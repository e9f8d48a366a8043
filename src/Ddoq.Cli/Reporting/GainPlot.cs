using Ddoq.Neural.Evaluation;

namespace Ddoq.Cli.Reporting;

/// <summary>What one method gains over random images.</summary>
/// <param name="Method">Its name.</param>
/// <param name="Gains">By student, in the order of the plot's students; null where the method was not tried with one.</param>
internal sealed record GainRow(string Method, IReadOnlyList<PairedDifference?> Gains);

/// <summary>
/// Gains over random images with their 95 % intervals: a row for every method, in it a mark for every student, so that one sees whether an order of methods holds from network to network. Marks are filled
/// where the interval leaves zero out.
/// </summary>
internal static class GainPlot
{
    private const double MarkHeight = 13, RowGap = 14, Legend = 32, Radius = 4;

    private const int Colours = 5;

    /// <summary>The plot as an inline SVG.</summary>
    public static Markup Render(IReadOnlyList<GainRow> rows, IReadOnlyList<string> students)
    {
        var frame = Frame(rows);
        return frame.Inline(Summary(rows, students), Drawing(frame, rows, students));
    }

    /// <summary>The plot as a file of its own.</summary>
    public static Markup StandAlone(IReadOnlyList<GainRow> rows, IReadOnlyList<string> students)
    {
        var frame = Frame(rows);
        return frame.StandAlone(Summary(rows, students), Drawing(frame, rows, students));
    }

    private static PlotFrame Frame(IReadOnlyList<GainRow> rows) =>
        new(PlotAxis.Around(rows.SelectMany(r => r.Gains).OfType<PairedDifference>().SelectMany(Ends).Append(0), least: -1), [.. rows.Select(r => r.Method)], RowGap + MarkHeight * rows[0].Gains.Count, Legend);

    // A difference of one seed has no interval.
    private static IEnumerable<double> Ends(PairedDifference gain) => double.IsNaN(gain.Ci95) ? [gain.Mean] : [gain.Mean - gain.Ci95, gain.Mean + gain.Ci95];

    private static string Summary(IReadOnlyList<GainRow> rows, IReadOnlyList<string> students) => string.Join(" ", rows.Select(r =>
        $"{r.Method}: {string.Join(", ", students.Zip(r.Gains).Where(g => g.Second is not null).Select(g => $"{Words(g.Second!.Value)} points over random images with {g.First}"))}."));

    private static Markup Drawing(PlotFrame frame, IReadOnlyList<GainRow> rows, IReadOnlyList<string> students) => Markup.Of($"""
        {Key(students)}{frame.Grid(Figures.Points)}{frame.Reference(0)}
        {Markup.Join(rows.Index(), r => Markup.Of($"""<g class="row">{frame.Name(r.Index)}{Markup.Join(r.Item.Gains.Index(), g => g.Item is { } gain ? Mark(frame, r.Index, g.Index, gain, students) : Markup.Nothing)}</g>"""))}
        """);

    private static Markup Key(IReadOnlyList<string> students)
    {
        var column = (PlotFrame.Width - 24) / students.Count;
        return Markup.Join(students.Index(), s => Markup.Of($"""
            <circle class="gain series-{s.Index % Colours}" cx="{18 + s.Index * column:0.##}" cy="14" r="{Radius}" /><text class="tick" x="{28 + s.Index * column:0.##}" y="18.5">{s.Item}</text>

            """));
    }

    private static Markup Mark(PlotFrame frame, int row, int student, PairedDifference gain, IReadOnlyList<string> students)
    {
        var y = frame.Y(row) + (student - (students.Count - 1) / 2.0) * MarkHeight;
        var colour = $"series-{student % Colours}";
        var (from, to) = (Ends(gain).First(), Ends(gain).Last());
        return Markup.Of($"""
            <line class="gain {colour}" x1="{frame.X(from):0.##}" x2="{frame.X(to):0.##}" y1="{y}" y2="{y}" />
            <circle class="gain {colour}{(gain.IsClear ? "" : " unclear")}" cx="{frame.X(gain.Mean):0.##}" cy="{y}" r="{Radius}"><title>{students[student]}: {Words(gain)}</title></circle>

            """);
    }

    private static string Words(PairedDifference gain) => double.IsNaN(gain.Ci95) ? Figures.Points(gain.Mean) : $"{Figures.Points(gain.Mean)} \u00B1 {Figures.Percent(gain.Ci95)}";
}

namespace Ddoq.Cli.Reporting;

/// <summary>What the plots have in common: a row for each name, a value axis below, and a reference line; inline in a page or as a file of its own.</summary>
/// <param name="Axis">Values from left to right.</param>
/// <param name="Names">One per row.</param>
/// <param name="RowHeight">In units of the drawing.</param>
/// <param name="Top">Space above the rows.</param>
internal sealed record PlotFrame(PlotAxis Axis, IReadOnlyList<string> Names, double RowHeight, double Top = 10)
{
    public const double Width = 1040;

    private const double Right = 80, Below = 34, LeastLeft = 190, NameStart = 12, LetterWidth = 8.8; // bold letters of 14 units, on average

    // Colours of the page in daylight: a file of its own has no style sheet.
    private const string Style = """
        text { font: 14px "DejaVu Sans", sans-serif; fill: #1c1f24; } .tick { fill: #646a73; font-size: 12.5px; } .name, .value { font-weight: 600; } .grid { stroke: #e3e4e1; } .band { fill: #faf2e6; }
        .reference { stroke: #a8590e; stroke-width: 1.5; stroke-dasharray: 5 4; } .spread { stroke: #24708f99; stroke-width: 1.5; } .last { fill: #24708f99; } .best { fill: none; stroke: #24708f; stroke-width: 1.3; }
        .mean { stroke: #24708f; stroke-width: 2.5; } .is-reference .name, .is-reference .value { fill: #a8590e; } .is-reference .last { fill: #a8590e; opacity: 0.6; }
        .is-reference .best, .is-reference .mean, .is-reference .spread { stroke: #a8590e; }
        .gain { stroke-width: 1.8; } .series-0 { stroke: #24708f; fill: #24708f; } .series-1 { stroke: #a8590e; fill: #a8590e; } .series-2 { stroke: #1d7044; fill: #1d7044; }
        .series-3 { stroke: #a23a32; fill: #a23a32; } .series-4 { stroke: #646a73; fill: #646a73; } .gain.unclear { fill: #fdfdfc; }
        """;

    private double Left { get; } = Math.Max(LeastLeft, NameStart + LetterWidth * Names.Max(n => n.Length));

    /// <summary>Where the rows end.</summary>
    public double Bottom => Top + Names.Count * RowHeight;

    private double Height => Bottom + Below;

    public double X(double value) => Left + (value - Axis.From) / (Axis.To - Axis.From) * (Width - Left - Right);

    /// <summary>The middle of a row.</summary>
    public double Y(int row) => Top + (row + 0.5) * RowHeight;

    /// <summary>The plot within a page, whose style sheet knows its classes.</summary>
    public Markup Inline(string summary, Markup drawing) => Markup.Of($"""
        <svg class="plot" viewBox="0 0 {Width} {Height}" role="img" aria-label="{summary}">
        {drawing}
        </svg>

        """);

    /// <summary>The plot as a file of its own.</summary>
    public Markup StandAlone(string summary, Markup drawing) => Markup.Of($"""
        <svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{Height}" viewBox="0 0 {Width} {Height}" role="img" aria-label="{summary}">
        <style>{new Markup(Style)}</style><rect width="{Width}" height="{Height}" fill="#fdfdfc" />
        {drawing}
        </svg>

        """);

    /// <summary>Lines and labels of the ticks.</summary>
    public Markup Grid(Func<double, string> label) => Markup.Join(Axis.Ticks(), t => Markup.Of($"""
        <line class="grid" x1="{X(t):0.##}" x2="{X(t):0.##}" y1="{Top}" y2="{Bottom + 5}" /><text class="tick" x="{X(t):0.##}" y="{Bottom + 22}" text-anchor="middle">{label(t)}</text>

        """));

    /// <summary>The value that every row is measured against.</summary>
    public Markup Reference(double value) => Markup.Of($"""<line class="reference" x1="{X(value):0.##}" x2="{X(value):0.##}" y1="{Top}" y2="{Bottom}" />""");

    public Markup Band(int row) => Markup.Of($"""<rect class="band" x="0" y="{Top + row * RowHeight}" width="{Width}" height="{RowHeight}" rx="4" />""");

    public Markup Name(int row) => Markup.Of($"""<text class="name" x="{NameStart}" y="{Y(row) + 4.5}">{Names[row]}</text>""");

    /// <summary>A number at the right end of a row.</summary>
    public Markup Value(int row, string text) => Markup.Of($"""<text class="value" x="{Width - NameStart}" y="{Y(row) + 4.5}" text-anchor="end">{text}</text>""");
}

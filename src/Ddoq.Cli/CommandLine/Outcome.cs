using System.Text.Json.Nodes;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Ddoq.Cli.CommandLine;

/// <summary>What a verb found, twice: the document for scripts (<c>--json</c>) and the view for people. The application prints one of them.</summary>
/// <param name="Json">The document, keys in snake_case as in the contract.</param>
/// <param name="View">What people see on stdout.</param>
internal sealed record Outcome(JsonObject Json, IRenderable View)
{
    /// <summary>Not <see cref="CommandLine.ExitCode.Done"/> where the verb did its work and the answer is a "no", such as a set that does not verify.</summary>
    public int ExitCode { get; init; } = CommandLine.ExitCode.Done;

    /// <summary>An outcome whose view is a list of names and values.</summary>
    public static Outcome OfFacts(JsonObject json, params IEnumerable<(string Name, string Value)> facts) => new(json, Facts(facts));

    /// <summary>Names on the left, values on the right. Text is shown as it is: brackets are no markup.</summary>
    public static IRenderable Facts(params IEnumerable<(string Name, string Value)> facts)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(2)).AddColumn();
        foreach (var (name, value) in facts) grid.AddRow(new Text(name, new Style(decoration: Decoration.Bold)), new Text(value));
        return grid;
    }

    /// <summary>A table of plain text; columns whose heading ends in "#" are numbers, set to the right.</summary>
    public static IRenderable Table(IEnumerable<string> headings, IEnumerable<IEnumerable<string>> rows)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var heading in headings) table.AddColumn(ColumnOf(heading));
        foreach (var row in rows) table.AddRow(row.Select(cell => new Text(cell)));
        return table;
    }

    private static TableColumn ColumnOf(string heading)
    {
        var column = new TableColumn(new Text(heading.TrimEnd('#', ' '))).NoWrap();
        return heading.EndsWith('#') ? column.RightAligned() : column;
    }
}

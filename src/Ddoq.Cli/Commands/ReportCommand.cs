using System.CommandLine;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Reporting;

namespace Ddoq.Cli.Commands;

/// <summary><c>ddoq report RUN</c>.</summary>
internal sealed class ReportCommand : Verb
{
    private readonly Argument<string> _run = ArgumentOf.Text("RUN", "the folder of a run, or its run.json");

    public ReportCommand() : base("report", "make the HTML page of a run again from its numbers",
        "report out/quickstart", "report out/quickstart/run.json --json") => Add(_run);

    public override Outcome Run(CommandContext context)
    {
        var run = context.Value(_run);
        var numbers = Path.GetFullPath(File.Exists(run) ? run : Path.Combine(run, "run.json"));
        var page = Path.Combine(Path.GetDirectoryName(numbers)!, "report.html");
        context.Protect(page);
        HtmlReport.Write(page, RunReport.Load(numbers));
        return Outcome.OfFacts(new JsonObject { ["report"] = page }, ("report", page));
    }
}

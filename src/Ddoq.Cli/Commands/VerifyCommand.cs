using System.CommandLine;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Inspection;
using Ddoq.Foundations;

namespace Ddoq.Cli.Commands;

/// <summary><c>ddoq verify SET</c>.</summary>
internal sealed class VerifyCommand : Verb
{
    private readonly Argument<string> _set = ArgumentOf.Text("SET", "a distilled set, latent store or codebook");

    public VerifyCommand() : base("verify", "recompute hashes, counts, weight sums and class order; fails on any mismatch",
        "verify out/quickstart/ddoq", "verify out/quickstart/ddoq --json") => Add(_set);

    public override Outcome Run(CommandContext context)
    {
        var set = context.Value(_set);
        var inspector = Inspectors.For(set);
        var problems = inspector.Verify(set, context)
            ?? throw new BadInputException($"'{set}' is a {inspector.Kind}, which holds nothing to verify. Give a distilled set, a latent store or a codebook.");
        if (problems.Count > 0) context.Screen.Fail($"'{set}': {problems.Count} of its claims {(problems.Count == 1 ? "does" : "do")} not hold. Make it again, or copy it again from where it was whole.");
        return new Outcome(Document(problems), Outcome.Facts(View(inspector, problems))) { ExitCode = problems.Count == 0 ? ExitCode.Done : ExitCode.BadInput };
    }

    private static JsonObject Document(IReadOnlyList<string> problems) => new()
    {
        ["ok"] = problems.Count == 0,
        ["problems"] = new JsonArray([.. problems.Select(problem => (JsonNode)problem)]),
    };

    private static IEnumerable<(string, string)> View(IInspector inspector, IReadOnlyList<string> problems) =>
        problems.Count == 0 ? [("ok", $"the {inspector.Kind} is what it says")] : problems.Select(problem => ("problem", problem));
}

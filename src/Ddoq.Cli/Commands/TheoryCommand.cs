using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Inputs;
using Ddoq.Foundations;
using Ddoq.Neural.Theory;
using Ddoq.Theory.Checks;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Ddoq.Cli.Commands;

/// <summary><c>ddoq theory CHECK</c>.</summary>
internal sealed class TheoryCommand : Verb
{
    private const string All = "all", List = "list";

    private readonly TheoryCatalogue _catalogue;
    private readonly Argument<string> _check;

    public TheoryCommand() : this(new TheoryCatalogue([.. TheoryChecks.All, .. NeuralTheoryChecks.All], TheoryChecks.WithNetworks)) { }

    /// <param name="catalogue">Checks to offer.</param>
    public TheoryCommand(TheoryCatalogue catalogue) : base("theory", "check by numbers what the theory says: expected, found, tolerance; fails where they differ",
        "theory all", "theory T7 --json", "theory list")
    {
        _catalogue = catalogue;
        _check = ArgumentOf.Text("CHECK", $"all, list, or one of {Ids(catalogue.Checks.Select(c => c.Id))}{NotYet(catalogue)}");
        Add(_check);
    }

    public override Outcome Run(CommandContext context)
    {
        var name = context.Value(_check);
        return name == List ? Listing() : Checked(name == All ? _catalogue.Checks : [Find(name)], name == All, context);
    }

    private ITheoryCheck Find(string name)
    {
        if (_catalogue.Checks.FirstOrDefault(check => Same(check.Id, name)) is { } found) return found;
        if (_catalogue.Pending.FirstOrDefault(pending => Same(pending.Id, name)) is { } later) throw new UsageException($"{later.Id} ({later.Claim}) is not in this version: it comes with {later.ComesWith}.");
        var known = _catalogue.Checks.Select(check => check.Id).Concat([All, List]).ToList();
        throw new UsageException($"unknown check '{name}'{NameSuggestion.Hint(name, known)}. Use {string.Join(", ", known)}.");
    }

    private static bool Same(string id, string name) => string.Equals(id, name, StringComparison.OrdinalIgnoreCase);

    private Outcome Checked(IReadOnlyList<ITheoryCheck> checks, bool withPending, CommandContext context)
    {
        if (checks.Any(NeuralTheoryChecks.All.Contains)) Networks.Start(context);
        var clock = Stopwatch.StartNew();
        var rows = TheoryCatalogue.Run(checks, new CheckContext(context.Seed, context.Threads, context.Cancellation), context.Progress);
        var seconds = clock.Elapsed.TotalSeconds;
        var wrong = rows.Where(row => !row.Ok).ToList();
        if (wrong.Count > 0) context.Screen.Fail($"{wrong.Count} of {rows.Count} numbers are not what the theory says: {string.Join("; ", wrong.Take(3).Select(row => $"{row.Id} {row.What}"))}{(wrong.Count > 3 ? "; ..." : "")}.");
        var document = new JsonObject { ["ok"] = wrong.Count == 0, ["seconds"] = seconds, ["checks"] = new JsonArray([.. rows.Select(Document)]), ["pending"] = new JsonArray([.. _catalogue.Pending.Select(p => (JsonNode)p.Id)]) };
        var remarks = new[] { string.Create(CultureInfo.InvariantCulture, $"{rows.Count - wrong.Count} of {rows.Count} numbers as expected, in {seconds:0.0} s.") }.Concat(withPending && _catalogue.Pending.Count > 0 ? [PendingNote()] : []);
        return new Outcome(document, View(rows, remarks)) { ExitCode = wrong.Count == 0 ? ExitCode.Done : ExitCode.Failed };
    }

    private static JsonNode Document(CheckRow row) => new JsonObject
    {
        ["id"] = row.Id,
        ["what"] = row.What,
        ["relation"] = Sign(row.Relation),
        ["expected"] = row.Expected,
        ["found"] = double.IsFinite(row.Found) ? row.Found : null, // JSON has no NaN
        ["tolerance"] = row.Tolerance,
        ["ok"] = row.Ok,
    };

    private static IRenderable View(IReadOnlyList<CheckRow> rows, IEnumerable<string> remarks)
    {
        var table = Outcome.Table(["check", "number", "", "expected #", "found #", "tolerance #", "ok"], rows.Select(row => new[]
            { row.Id, row.What, Sign(row.Relation), Number(row.Expected), Number(row.Found), row.Tolerance == 0 ? "exact" : row.Tolerance.ToString("G2", CultureInfo.InvariantCulture), row.Ok ? "ok" : "NO" }));
        return new Rows([table, .. remarks.Select(remark => new Text(remark))]);
    }

    private Outcome Listing()
    {
        var known = _catalogue.Checks.Select(check => (check.Id, check.Claim, Comes: "")).Concat(_catalogue.Pending.Select(p => (p.Id, p.Claim, Comes: p.ComesWith)))
            .OrderBy(check => int.Parse(check.Id.AsSpan(1), CultureInfo.InvariantCulture)).ToList();
        var json = new JsonObject { ["checks"] = new JsonArray([.. known.Select(c => new JsonObject { ["id"] = c.Id, ["claim"] = c.Claim, ["available"] = c.Comes.Length == 0 })]) };
        return new Outcome(json, Outcome.Table(["check", "claim", ""], known.Select(c => new[] { c.Id, c.Claim, c.Comes.Length == 0 ? "" : $"not yet: comes with {c.Comes}" })));
    }

    private string PendingNote() => $"Not run: {string.Join(", ", _catalogue.Pending.GroupBy(p => p.ComesWith).Select(group => $"{Ids(group.Select(p => p.Id))} (comes with {group.Key})"))}.";

    private static string NotYet(TheoryCatalogue catalogue) => catalogue.Pending.Count == 0 ? "" : $" (not yet: {Ids(catalogue.Pending.Select(p => p.Id))})";

    private static string Ids(IEnumerable<string> ids) => string.Join(", ", ids);

    private static string Sign(CheckRelation relation) => relation switch
    {
        CheckRelation.AtMost => "<=",
        CheckRelation.AtLeast => ">=",
        CheckRelation.MoreThan => ">",
        _ => "=",
    };

    private static string Number(double value) => value.ToString("G7", CultureInfo.InvariantCulture);
}

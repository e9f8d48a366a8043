using System.Globalization;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Inputs;
using Ddoq.Cli.Models;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Encoding;

namespace Ddoq.Cli.Commands.Inspection;

/// <summary>The folder of a trained model: everything that its model.json says.</summary>
internal sealed class ModelInspector : IInspector
{
    private static readonly string[] Envelope = ["format", "version", "kind"];

    public string Kind => "model";

    public bool Recognises(string thing) => Directory.Exists(thing) && ModelKind.Of(thing) is not null;

    public Outcome Describe(string thing, CommandContext context)
    {
        var model = ModelFolder.Open(thing, ModelKind.Of(thing)!);
        var hash = model.Kind == PriorChoice.Pca ? HashOfBasis(thing, context) : model.Hash;
        var settings = model.Config.Where(pair => !Envelope.Contains(pair.Key)).ToList();
        var json = new JsonObject { ["kind"] = "model", ["path"] = thing, ["model"] = model.Kind, ["sha256"] = hash };
        foreach (var (key, value) in settings) json[key] = value?.DeepClone();
        return Outcome.OfFacts(json,
        [
            ("kind", $"model ({model.Kind})"),
            .. settings.Select(pair => (pair.Key.Replace('_', ' '), Text(pair.Value))),
            ("sha256", hash),
        ]);
    }

    // A model records no hash of its own; what uses it records one.
    public IReadOnlyList<string>? Verify(string thing, CommandContext context) => null;

    // A basis is known by its numbers, not by its files.
    private static string HashOfBasis(string thing, CommandContext context)
    {
        Networks.Start(context);
        using var basis = PcaCodec.Load(thing);
        return basis.Hash;
    }

    private static string Text(JsonNode? value) => value switch
    {
        null => "unknown",
        JsonArray list => string.Join(", ", list.Select(Text)),
        JsonValue number when number.TryGetValue<double>(out var real) => real.ToString("G9", CultureInfo.InvariantCulture),
        _ => $"{value}",
    };
}

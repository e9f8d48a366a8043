using System.Globalization;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Distilled;

namespace Ddoq.Cli.Commands.Inspection;

internal sealed class DistilledSetInspector : IInspector
{
    private const string Marker = "manifest.json";

    public string Kind => "distilled set";

    public bool Recognises(string thing) => File.Exists(Path.Combine(thing, Marker));

    public Outcome Describe(string thing, CommandContext context)
    {
        var set = DistilledSet.Load(thing);
        var json = new JsonObject
        {
            ["kind"] = "distilled_set",
            ["path"] = thing,
            ["method"] = set.Provenance.Method,
            ["source"] = set.Provenance.Source.Name,
            ["images"] = set.Count,
            ["classes"] = set.ClassNames.Count,
            ["ipc"] = set.Provenance.ImagesPerClass,
            ["channels"] = set.Shape.Channels,
            ["height"] = set.Shape.Height,
            ["width"] = set.Shape.Width,
            ["weight_rule"] = set.Provenance.WeightRule,
            ["soft_labels"] = set.SoftLabels is null ? null : new JsonObject { ["views"] = set.SoftLabels.Views, ["temperature"] = set.SoftLabels.Temperature, ["teacher"] = set.SoftLabels.TeacherName },
            ["tool_version"] = set.Provenance.ToolVersion,
            ["fingerprint"] = set.Fingerprint,
        };
        return Outcome.OfFacts(json,
            ("kind", Kind),
            ("method", set.Provenance.Method),
            ("source", $"{set.Provenance.Source.Name} ({set.Provenance.Source.Licence})"),
            ("images", $"{set.Count} in {set.ClassNames.Count} classes, {set.Provenance.ImagesPerClass} per class asked for"),
            ("shape", $"{set.Shape}"),
            ("weights", $"{set.Provenance.WeightRule}, from {Invariant(set.Images.Min(image => image.Weight))} to {Invariant(set.Images.Max(image => image.Weight))}"),
            ("soft labels", set.SoftLabels is null ? "none" : $"{set.SoftLabels.Views} views by {set.SoftLabels.TeacherName}"),
            ("class names", string.Join(", ", set.ClassNames)),
            ("made by", $"ddoq {set.Provenance.ToolVersion}"));
    }

    public IReadOnlyList<string> Verify(string thing, CommandContext context) => DistilledSetVerifier.Verify(thing);

    private static string Invariant(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}

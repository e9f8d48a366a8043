using System.Globalization;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Cli.Commands.Inspection;

/// <summary>Whatever the other inspectors do not know: a name, files or a folder of images. The resolver says what it accepts where it is none.</summary>
internal sealed class DatasetInspector : IInspector
{
    public string Kind => "data set";

    public bool Recognises(string thing) => true;

    public Outcome Describe(string thing, CommandContext context)
    {
        var dataset = DatasetResolver.Open(thing, new DatasetOptions { Threads = context.Threads }, context.Progress, context.Cancellation);
        var counts = CountsOf(dataset);
        return Outcome.OfFacts(Document(thing, dataset, counts),
            ("kind", Kind),
            ("name", dataset.Name),
            ("images", Number(dataset.Count)),
            ("shape", $"{dataset.Shape}"),
            ("classes", Number(counts.Length)),
            ("per class", counts.Min() == counts.Max() ? Number(counts.Min()) : $"from {Number(counts.Min())} to {Number(counts.Max())}"),
            ("class names", string.Join(", ", dataset.ClassNames)),
            ("fingerprint", dataset.Fingerprint));
    }

    public IReadOnlyList<string>? Verify(string thing, CommandContext context) =>
        Path.Exists(thing) || thing.StartsWith(FashionMnist.Name, StringComparison.Ordinal) ? null : throw new BadInputException($"'{thing}' does not exist.");

    private static JsonObject Document(string thing, IImageDataset dataset, int[] counts) => new()
    {
        ["kind"] = "dataset",
        ["path"] = thing,
        ["name"] = dataset.Name,
        ["images"] = dataset.Count,
        ["channels"] = dataset.Shape.Channels,
        ["height"] = dataset.Shape.Height,
        ["width"] = dataset.Shape.Width,
        ["classes"] = new JsonArray([.. dataset.ClassNames.Zip(counts, (name, count) => (JsonNode)new JsonObject { ["name"] = name, ["images"] = count })]),
        ["fingerprint"] = dataset.Fingerprint,
    };

    private static int[] CountsOf(IImageDataset dataset)
    {
        var counts = new int[dataset.ClassNames.Count];
        foreach (var label in dataset.Labels.Span) counts[label]++;
        return counts;
    }

    private static string Number(int value) => value.ToString("N0", CultureInfo.InvariantCulture);
}

using System.Globalization;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Formats;

namespace Ddoq.Cli.Commands.Inspection;

/// <summary>A safetensors file that is no codebook: names, types and shapes of what is in it.</summary>
internal sealed class TensorFileInspector : IInspector
{
    public string Kind => "safetensors file";

    public bool Recognises(string thing) => File.Exists(thing) && Path.GetExtension(thing) == ".safetensors";

    public Outcome Describe(string thing, CommandContext context)
    {
        using var file = SafetensorsFile.Open(thing);
        var json = new JsonObject
        {
            ["kind"] = "safetensors",
            ["path"] = thing,
            ["tensors"] = new JsonArray([.. file.Tensors.Select(tensor => (JsonNode)Row(tensor))]),
            ["metadata"] = new JsonObject(file.Metadata.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
        };
        var rows = file.Tensors.Select(tensor => new[] { tensor.Name, tensor.Type.Tag(), string.Join(" x ", tensor.Shape), tensor.Count.ToString("N0", CultureInfo.InvariantCulture) });
        return new Outcome(json, Outcome.Table(["tensor", "type", "shape", "numbers #"], rows));
    }

    public IReadOnlyList<string>? Verify(string thing, CommandContext context) => null;

    private static JsonObject Row(TensorEntry tensor) => new()
    {
        ["name"] = tensor.Name,
        ["type"] = tensor.Type.Tag(),
        ["shape"] = new JsonArray([.. tensor.Shape.Select(side => (JsonNode)side)]),
    };
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Ddoq.Foundations;

namespace Ddoq.Cli.Models;

/// <summary>What model a folder holds, read from its model.json without loading it.</summary>
internal static class ModelKind
{
    private const string ConfigFile = "model.json", Format = "ddoq-model";

    /// <summary>"vae", "prior", "teacher" or another kind; null where the folder holds no model of ours.</summary>
    /// <exception cref="BadInputException">model.json is damaged.</exception>
    public static string? Of(string folder)
    {
        var file = Path.Combine(folder, ConfigFile);
        if (!File.Exists(file)) return null;
        try
        {
            return JsonNode.Parse(File.ReadAllText(file)) is JsonObject config && Text(config, "format") == Format ? Text(config, "kind") : null;
        }
        catch (JsonException e)
        {
            throw new BadInputException($"'{file}' is not valid JSON: {e.Message} Copy or train the model again.", e);
        }
    }

    private static string? Text(JsonObject config, string key) => config[key] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}

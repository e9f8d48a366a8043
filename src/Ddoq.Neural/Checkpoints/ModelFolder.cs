using System.Text.Json;
using System.Text.Json.Nodes;
using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Checkpoints;

/// <summary>
/// A trained model on disk: a folder with <c>model.json</c> (kind, shapes, what it was trained on, measured quality) and
/// <c>model.safetensors</c> (the parameters under their PyTorch names, float16). A README.md beside them is the model card.
/// </summary>
public sealed class ModelFolder
{
    private const string Format = "ddoq-model", ConfigFile = "model.json", WeightsFile = "model.safetensors";
    private const int Version = 1;
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    // A setting that is missing or null must not become a silent zero.
    private static readonly JsonSerializerOptions Pretty = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    private ModelFolder(string path, string kind, JsonObject config) => (Path, Kind, Config) = (path, kind, config);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>"vae", "prior" or "teacher".</summary>
    public string Kind { get; }

    /// <summary>The whole of model.json.</summary>
    public JsonObject Config { get; }

    /// <summary>SHA-256 over configuration and weights: what artifacts record as the model's identity.</summary>
    public string Hash => Hashes.OfHashes(Hashes.OfFile(System.IO.Path.Combine(Path, ConfigFile)), Hashes.OfFile(System.IO.Path.Combine(Path, WeightsFile)));

    /// <summary>Writes configuration and weights into an existing (staged) folder.</summary>
    /// <param name="folder">Where to write.</param>
    /// <param name="kind">"vae", "prior" or "teacher".</param>
    /// <param name="settings">A record of the model's shape and training; its properties become keys in snake case.</param>
    /// <param name="module">The network.</param>
    public static void Write<TSettings>(string folder, string kind, TSettings settings, nn.Module module)
    {
        WriteConfig(folder, kind, settings);
        Weights.Write(System.IO.Path.Combine(folder, WeightsFile), module, half: true);
    }

    internal static void WriteConfig<TSettings>(string folder, string kind, TSettings settings)
    {
        var config = new JsonObject { ["format"] = Format, ["version"] = Version, ["kind"] = kind };
        foreach (var (key, value) in JsonSerializer.SerializeToNode(settings, Pretty)!.AsObject().ToArray()) config[key] = value?.DeepClone();
        File.WriteAllText(System.IO.Path.Combine(folder, ConfigFile), config.ToJsonString(Pretty) + "\n");
    }

    /// <summary>Opens a model and checks its kind.</summary>
    /// <exception cref="BadInputException">Not a model folder, another kind, or another version.</exception>
    public static ModelFolder Open(string path, string kind)
    {
        var file = System.IO.Path.Combine(path, ConfigFile);
        if (!File.Exists(file)) throw new BadInputException($"'{path}' is no model: it has no {ConfigFile}. Expected the folder of a {kind}, with {ConfigFile} and its weights.");
        var config = Parse(file);
        var (format, version, found) = (Text(config, "format"), Text(config, "version"), Text(config, "kind"));
        if (format != Format || version != $"{Version}")
            throw new BadInputException($"'{file}': expected format {Format} version {Version}, found format '{format}' version '{version}'. Use a model made by this version.");
        if (found != kind) throw new BadInputException($"'{path}': expected a model of kind '{kind}', found '{found}'. Pass the folder of a {kind}.");
        return new ModelFolder(path, kind, config);
    }

    /// <summary>The settings record that <see cref="Write"/> was given.</summary>
    public TSettings Settings<TSettings>()
    {
        try
        {
            return Config.Deserialize<TSettings>(Pretty) ?? throw new JsonException("empty");
        }
        catch (Exception e) when (e is JsonException or ArgumentException or NotSupportedException)
        {
            throw new BadInputException($"'{System.IO.Path.Combine(Path, ConfigFile)}' lacks a setting of a {Kind}: {e.Message}", e);
        }
    }

    /// <summary>Fills <paramref name="module"/>'s parameters and buffers.</summary>
    public TModule LoadInto<TModule>(TModule module) where TModule : nn.Module => Weights.Load(System.IO.Path.Combine(Path, WeightsFile), module);

    // Whatever type the value has: a wrong one is shown in the message.
    private static string Text(JsonObject config, string key) => config[key]?.ToString() ?? "";

    private static JsonObject Parse(string file)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(file), documentOptions: Strict) as JsonObject ?? throw new JsonException("not an object");
        }
        catch (JsonException e)
        {
            throw new BadInputException($"'{file}' is not valid JSON: {e.Message}", e);
        }
    }
}

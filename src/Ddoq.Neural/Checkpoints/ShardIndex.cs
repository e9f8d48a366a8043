using System.Text.Json;
using Ddoq.Foundations;

namespace Ddoq.Neural.Checkpoints;

/// <summary>Which file of several holds which tensor, as Hugging Face writes it: NAME.index.json with a "weight_map".</summary>
internal sealed class ShardIndex
{
    private readonly string _path;
    private readonly IReadOnlyDictionary<string, string> _shardOf;

    private ShardIndex(string path, IReadOnlyDictionary<string, string> shardOf) => (_path, _shardOf) = (path, shardOf);

    /// <summary>The files, each once, by name.</summary>
    public IReadOnlyList<string> Shards => [.. _shardOf.Values.Distinct().Order(StringComparer.Ordinal)];

    /// <exception cref="BadInputException">Missing, damaged, or naming a file that is not beside it.</exception>
    public static ShardIndex Open(string path)
    {
        if (!File.Exists(path)) throw new BadInputException($"'{path}' does not exist. Expected the index of a model in several files.");
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            var map = json.RootElement.GetProperty("weight_map").EnumerateObject().ToDictionary(p => p.Name, p => Beside(path, p.Value.GetString()));
            return map.Count > 0 ? new ShardIndex(path, map) : throw new KeyNotFoundException("weight_map is empty");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new BadInputException($"'{path}' is no index of a model in several files: {e.Message} Expected {{\"weight_map\": {{TENSOR: FILE}}}}. Download the model again.", e);
        }
    }

    /// <summary>Compares with what the files hold.</summary>
    /// <param name="found">Tensor to file.</param>
    /// <exception cref="BadInputException">A tensor is not where the index has it, or is not in the index.</exception>
    public void RequireHolds(IReadOnlyDictionary<string, string> found)
    {
        foreach (var (name, shard) in _shardOf)
            if (found.GetValueOrDefault(name) != shard) throw new BadInputException($"'{_path}': expected tensor '{name}' in '{shard}', found it {(found.TryGetValue(name, out var other) ? $"in '{other}'" : "nowhere")}. Download the model again.");
        if (found.Keys.FirstOrDefault(k => !_shardOf.ContainsKey(k)) is { } stray)
            throw new BadInputException($"'{_path}' does not name tensor '{stray}', which '{found[stray]}' holds. Download the model again.");
    }

    private static string Beside(string path, string? name)
    {
        if (string.IsNullOrEmpty(name) || Path.GetFileName(name) != name || name is "." or "..") throw new BadInputException($"'{path}' names the file '{name}'; expected the name of a file beside it.");
        return Path.Combine(Path.GetDirectoryName(path) ?? "", name);
    }
}

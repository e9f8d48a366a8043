using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ddoq.Foundations;

namespace Ddoq.Neural.Checkpoints;

/// <summary>
/// The configuration of a network in a model folder (config.json of diffusers or transformers), read key by key. What is never asked for is refused by name, so that no setting
/// is silently ignored; keys that begin with "_" (class, version, origin) say nothing about the network.
/// </summary>
/// <param name="path">File, for messages.</param>
/// <param name="json">Its content.</param>
public sealed class NetworkConfig(string path, JsonObject json)
{
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <summary>Path as given.</summary>
    public string Path => path;

    /// <summary>Reads a file.</summary>
    /// <exception cref="BadInputException">Missing, or not a JSON object.</exception>
    public static NetworkConfig Open(string path)
    {
        try
        {
            return new NetworkConfig(path, JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? throw new JsonException("not an object"));
        }
        catch (JsonException e)
        {
            throw new BadInputException($"'{path}' is not valid JSON: {e.Message}. Copy the model again.", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"'{path}' is missing. A model folder in diffusers layout has it; copy the model again.", e);
        }
    }

    /// <summary>Whether the key is there and not null; it counts as asked for.</summary>
    public bool Has(string key) => Node(key) is not null;

    /// <summary>A whole number, or <paramref name="absent"/>.</summary>
    public int Whole(string key, int absent) => Node(key) is { } node ? Value<int>(key, node) : absent;

    /// <summary>A number, or <paramref name="absent"/>.</summary>
    public double Number(string key, double absent) => Node(key) is { } node ? Value<double>(key, node) : absent;

    /// <summary>A truth value, or <paramref name="absent"/>.</summary>
    public bool Flag(string key, bool absent) => Node(key) is { } node ? Value<bool>(key, node) : absent;

    /// <summary>A text, or <paramref name="absent"/>.</summary>
    public string Text(string key, string absent) => Node(key) is { } node ? Value<string>(key, node) : absent;

    /// <summary>A list of whole numbers; one number stands for a list of one.</summary>
    public IReadOnlyList<int> Wholes(string key, params int[] absent) => Node(key) switch
    {
        null => absent,
        JsonArray list => [.. list.Select(n => Value<int>(key, n))],
        var one => [Value<int>(key, one)],
    };

    /// <summary>A list of texts.</summary>
    public IReadOnlyList<string> Texts(string key) => Node(key) switch
    {
        null => [],
        JsonArray list => [.. list.Select(n => Value<string>(key, n))],
        var other => throw Wrong(key, other, "a list of texts"),
    };

    /// <summary>Texts under the keys "0", "1", …; empty where the key is absent.</summary>
    public IReadOnlyList<string> Labels(string key) => Node(key) switch
    {
        null => [],
        JsonObject map => [.. Enumerable.Range(0, map.Count).Select(i => Value<string>($"{key}.{i}", map[i.ToString(CultureInfo.InvariantCulture)]))],
        var other => throw Wrong(key, other, "an object of texts"),
    };

    /// <summary>Refuses any value but the one that the network has; an absent key stands for <paramref name="absent"/>, or for the supported value.</summary>
    public void Require<T>(string key, T supported, T? absent = default) where T : notnull
    {
        var node = Node(key);
        var found = node is null ? EqualityComparer<T>.Default.Equals(absent, default) ? supported : absent! : Value<T>(key, node);
        if (!EqualityComparer<T>.Default.Equals(found, supported))
            throw new BadInputException($"'{path}': {key} = {Show(found)} is not supported; expected {Show(supported)}. Use a model with that setting.");
    }

    /// <summary>Refuses a list with any entry but the supported one.</summary>
    public void RequireAll(string key, string supported)
    {
        if (Texts(key).FirstOrDefault(t => t != supported) is { } other)
            throw new BadInputException($"'{path}': {key} holds '{other}', which is not supported; expected '{supported}'. Use a model with that setting.");
    }

    /// <summary>Refuses sizes that cannot be cut into equal parts.</summary>
    /// <param name="key">Key of the sizes.</param>
    /// <param name="sizes">Their values.</param>
    /// <param name="partsKey">Key of the number of parts.</param>
    /// <param name="parts">Its value.</param>
    /// <exception cref="BadInputException">A size is no multiple, or the number of parts is below 1.</exception>
    public void RequireMultiples(string key, IEnumerable<int> sizes, string partsKey, int parts)
    {
        if (parts < 1) throw new BadInputException($"'{path}': {partsKey} must be at least 1, found {parts}. Copy the model again.");
        foreach (var size in sizes)
            if (size < 1 || size % parts != 0) throw new BadInputException($"'{path}': {key} = {size} must be a multiple of {partsKey} = {parts}. Copy the model again.");
    }

    /// <summary>Marks keys that change nothing here.</summary>
    public void Ignore(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys) _asked.Add(key);
    }

    /// <summary>Refuses settings that nobody asked for, unless they are null, false or empty.</summary>
    /// <exception cref="BadInputException">Lists all of them.</exception>
    public void RefuseTheRest()
    {
        string[] rest = [.. json.Where(p => !_asked.Contains(p.Key) && !p.Key.StartsWith('_') && !IsOff(p.Value)).Select(p => $"{p.Key} = {p.Value!.ToJsonString()}")];
        if (rest.Length > 0) throw new BadInputException($"'{path}': unsupported settings: {string.Join("; ", rest)}. Use a model without them.");
    }

    private static bool IsOff(JsonNode? value) => value is null || value is JsonArray { Count: 0 } || value is JsonValue v && v.TryGetValue<bool>(out var flag) && !flag;

    private JsonNode? Node(string key)
    {
        _asked.Add(key);
        return json[key];
    }

    private T Value<T>(string key, JsonNode? node) => node is JsonValue value && value.TryGetValue<T>(out var found) ? found : throw Wrong(key, node, typeof(T).Name);

    private BadInputException Wrong(string key, JsonNode? node, string expected) =>
        new($"'{path}': {key} must be {expected}, found {node?.ToJsonString() ?? "null"}. Copy the model again.");

    private static string Show<T>(T value) => string.Create(CultureInfo.InvariantCulture, $"{value}");
}

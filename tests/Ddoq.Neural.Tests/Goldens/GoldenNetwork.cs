using System.Text.Json;
using System.Text.Json.Nodes;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>One case of a golden network folder: its JSON file, its stored weights or the rule that fills them, its tolerances.</summary>
internal sealed class GoldenNetwork(string folder, string name)
{
    public JsonElement Json { get; } = GoldenTensors.Json(folder, $"{name}.json");

    public long Seed => (Json.TryGetProperty("seed", out var own) ? own : Json.GetProperty("config").GetProperty("seed")).GetInt64();

    /// <summary>Names of the cases: JSON files with a configuration. One empty name where the data have none, so that a skipped test stands for them.</summary>
    public static TheoryData<string> Cases(string folder)
    {
        string[] found = [.. Golden.Names(folder).Where(n => GoldenTensors.Json(folder, $"{n}.json").TryGetProperty("config", out _))];
        return [.. found.Length > 0 ? found : [""]];
    }

    /// <summary>The network's own settings, without what the golden files keep beside them.</summary>
    public NetworkConfig Config(string key = "config")
    {
        var settings = JsonNode.Parse(Json.GetProperty(key).GetRawText())!.AsObject();
        foreach (var ours in new[] { "name", "seed", "length" }) settings.Remove(ours);
        return new NetworkConfig($"{name}.json", settings);
    }

    /// <summary>Fills a network by the file NAME.safetensors, or by the rule where the weights are not stored.</summary>
    public void Fill(nn.Module network, KeyMap? map = null)
    {
        network.eval();
        if (Json.TryGetProperty("weights_stored", out var stored) && !stored.GetBoolean()) FillByRule(network);
        else Weights.Read(Golden.File(folder, $"{name}.safetensors"), network, map);
    }

    public void FillByRule(nn.Module network, long? seed = null)
    {
        var r = Json.GetProperty("rule");
        double Number(string key) => r.GetProperty(key).GetDouble();
        var rule = new HashfillRule(Number("gain"), Number("norm_center"), Number("norm_spread"), Number("bias_scale"));
        foreach (var (key, value) in network.state_dict())
            if (value.is_floating_point()) value.CopyFrom(Hashfill.Parameter(key, value.shape, seed ?? Seed, rule));
    }

    /// <summary>Compares with the stored tensor of that name; where only the last sample of a batch was stored, with that.</summary>
    public void Require(GoldenTensors golden, string key, Tensor found)
    {
        using var scope = NewDisposeScope();
        var expected = golden[key];
        var kept = found.shape[0] > expected.shape[0] && found.shape.AsSpan(1).SequenceEqual(expected.shape.AsSpan(1)) ? found[^1..] : found;
        var gap = Json.TryGetProperty("float64_gap", out var gaps) && gaps.TryGetProperty(key, out var row) ? row.GetProperty("max_abs_diff").GetDouble() : 0;
        GoldenTolerance.RequireValues(kept, expected, $"{name}: {key}", gap);
    }
}

/// <summary>Keeps the outputs of the modules whose activations a golden file holds.</summary>
internal sealed class Taps
{
    private readonly Dictionary<string, Tensor> _outputs = [];

    public Taps(nn.Module network, IEnumerable<string> names)
    {
        var wanted = names.ToHashSet();
        foreach (var (name, module) in network.named_modules().Where(m => wanted.Contains(m.name)))
        {
            if (module is nn.Module<Tensor, Tensor> one) one.register_forward_hook((_, _, y) => Keep(name, y));
            else if (module is nn.Module<Tensor, Tensor, Tensor> two) two.register_forward_hook((_, _, _, y) => Keep(name, y));
            else if (module is nn.Module<Tensor, Tensor, Tensor, Tensor> three) three.register_forward_hook((_, _, _, _, y) => Keep(name, y));
            else if (module is nn.Module<Tensor, Tensor, Tensor, List<Tensor>, Tensor> four) four.register_forward_hook((_, _, _, _, _, y) => Keep(name, y));
        }
    }

    public Tensor this[string name] => _outputs.TryGetValue(name, out var output) ? output : throw new KeyNotFoundException($"module '{name}' was not run, or has another name");

    private Tensor Keep(string name, Tensor output)
    {
        _outputs[name] = output.clone().DetachFromDisposeScope();
        return output;
    }
}

using System.Text.RegularExpressions;

namespace Ddoq.Neural.Checkpoints;

/// <summary>The names under which a diffusion transformer is published.</summary>
public static partial class DiTKeys
{
    private static readonly Dictionary<string, (string Name, int Part, int Parts)> InBlock = new()
    {
        ["norm1.linear"] = ("adaLN_modulation.1", 0, 1),
        ["attn1.to_q"] = ("attn.qkv", 0, 3),
        ["attn1.to_k"] = ("attn.qkv", 1, 3),
        ["attn1.to_v"] = ("attn.qkv", 2, 3),
        ["attn1.to_out.0"] = ("attn.proj", 0, 1),
        ["ff.net.0.proj"] = ("mlp.fc1", 0, 1),
        ["ff.net.2"] = ("mlp.fc2", 0, 1),
    };

    private static readonly Dictionary<string, string> Embedders = new()
    {
        ["timestep_embedder.linear_1"] = "t_embedder.mlp.0",
        ["timestep_embedder.linear_2"] = "t_embedder.mlp.2",
        ["class_embedder.embedding_table"] = "y_embedder.embedding_table",
    };

    private static readonly Dictionary<string, string> Outside = new() { ["pos_embed.proj"] = "x_embedder.proj", ["proj_out_1"] = "final_layer.adaLN_modulation.1", ["proj_out_2"] = "final_layer.linear" };

    /// <summary>diffusers' DiTTransformer2DModel: queries, keys and values apart, the embedders once in every block, no table of positions.</summary>
    public static KeyMap Diffusers { get; } = new("diffusers", Rename) { Computed = new HashSet<string> { "pos_embed" } };

    private static KeyTarget? Rename(string key)
    {
        var dot = key.LastIndexOf('.');
        var (stem, end) = dot < 0 ? (key, "") : (key[..dot], key[dot..]);
        if (Outside.TryGetValue(stem, out var outside)) return outside + end;
        if (Block().Match(stem) is not { Success: true } m) return key;
        var (block, rest) = (m.Groups[1].Value, m.Groups[2].Value);
        const string embedder = "norm1.emb.";
        if (rest.StartsWith(embedder, StringComparison.Ordinal) && Embedders.TryGetValue(rest[embedder.Length..], out var shared)) return new KeyTarget(shared + end, Copy: block != "0");
        return InBlock.TryGetValue(rest, out var own) ? new KeyTarget($"blocks.{block}.{own.Name}{end}", own.Part, own.Parts) : key;
    }

    [GeneratedRegex(@"^transformer_blocks\.(\d+)\.(.+)$")] private static partial Regex Block();
}

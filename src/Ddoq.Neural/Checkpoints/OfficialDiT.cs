using Ddoq.Foundations;
using Ddoq.Neural.Networks;

namespace Ddoq.Neural.Checkpoints;

/// <summary>The shape of a DiT from a file under the official names alone: nothing else lies beside it.</summary>
public static class OfficialDiT
{
    // Heads leave no trace in the shapes; these are the published sizes S, B, L and XL (Peebles and Xie 2023, table 1).
    private static readonly (int Hidden, int Heads)[] Sizes = [(384, 6), (768, 12), (1024, 16), (1152, 16)];

    /// <summary>Reads the names and shapes of a file.</summary>
    /// <exception cref="BadInputException">It is no DiT under the official names, or one of a width that was not published.</exception>
    public static DiTShape ShapeOf(string path)
    {
        using var file = WeightsFile.Open(path);
        var shapes = file.Tensors.ToDictionary(t => t.Name, t => t.Shape, StringComparer.Ordinal);
        IReadOnlyList<long> Of(string name, int rank) => shapes.TryGetValue(name, out var shape) && shape.Count == rank ? shape
            : throw new BadInputException($"'{path}' is no DiT under the official names: expected '{name}' of rank {rank}, found {(shape is null ? "none" : $"[{string.Join(", ", shape)}]")}. Give such a checkpoint, or a folder in diffusers layout.");
        var patches = Of("x_embedder.proj.weight", 4);
        var (hidden, channels, patch) = ((int)patches[0], (int)patches[1], (int)patches[2]);
        var tokens = (int)Of("pos_embed", 3)[1];
        var across = (int)Math.Round(Math.Sqrt(tokens));
        var depth = shapes.Keys.Count(k => k.EndsWith(".attn.qkv.weight", StringComparison.Ordinal));
        var outputs = Of("final_layer.linear.weight", 2)[0] / (patch * patch);
        var heads = Sizes.FirstOrDefault(s => s.Hidden == hidden).Heads;
        if (heads == 0) throw new BadInputException($"'{path}': a DiT of width {hidden}; expected {string.Join(", ", Sizes.Select(s => s.Hidden))} (S, B, L, XL). Convert it to a folder in diffusers layout, whose configuration names the heads.");
        if (across * across != tokens || outputs != channels && outputs != 2 * channels || depth == 0)
            throw new BadInputException($"'{path}': {tokens} tokens, {channels} channels in and {outputs} out, {depth} blocks; expected a square number, as many or twice as many, at least one. The file is damaged or of another model.");
        return new DiTShape(channels, across * patch, across * patch, (int)Of("y_embedder.embedding_table.weight", 2)[0] - 1, patch, hidden, depth, heads, outputs == 2 * channels);
    }
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace Ddoq.Neural.Checkpoints;

/// <summary>The names under which the denoiser of Stable Diffusion is published in one file.</summary>
public static partial class UNetKeys
{
    private const string Prefix = "model.diffusion_model.";

    private static readonly (Regex, string)[] Ends = [(In(), "conv_in."), (NormOut(), "conv_norm_out."), (Out(), "conv_out.")];

    private static readonly (Regex, string)[] Block =
        [(FirstNorm(), "norm1."), (FirstConvolution(), "conv1."), (TimeProjection(), "time_emb_proj."), (SecondNorm(), "norm2."), (SecondConvolution(), "conv2."), (Shortcut(), "conv_shortcut.")];

    /// <summary>The original single-file names, with or without the prefix <c>model.diffusion_model.</c>; other parts of a whole checkpoint are skipped.</summary>
    /// <param name="layers">Residual blocks per resolution on the way down.</param>
    public static KeyMap SingleFile(int layers) => new("single file", key => Rename(key, layers));

    private static string? Rename(string key, int layers)
    {
        if (key.StartsWith(Prefix, StringComparison.Ordinal)) key = key[Prefix.Length..];
        else if (WholeCheckpoint().IsMatch(key)) return null;
        if (key.StartsWith("time_embed.", StringComparison.Ordinal)) return key.Replace("time_embed.0.", "time_embedding.linear_1.", StringComparison.Ordinal).Replace("time_embed.2.", "time_embedding.linear_2.", StringComparison.Ordinal);
        key = KeyMap.Replace(key, Ends);
        if (Stage().Match(key) is not { Success: true } m) return key;
        var (part, rest) = (Number(m.Groups[3]), m.Groups[4].Value);
        return m.Groups[1].Value switch
        {
            "input_blocks" => Down(Number(m.Groups[2]) - 1, part, rest, layers),
            "output_blocks" => Up(Number(m.Groups[2]), part, rest, layers),
            _ => Middle(Number(m.Groups[3]), rest),
        };
    }

    // Each resolution has its layers, then one entry that halves the sides.
    private static string Down(int index, int part, string rest, int layers)
    {
        var (level, layer) = (index / (layers + 1), index % (layers + 1));
        if (layer == layers) return $"down_blocks.{level}.downsamplers.0.{rest.Replace("op.", "conv.", StringComparison.Ordinal)}";
        return part == 0 ? $"down_blocks.{level}.resnets.{layer}.{KeyMap.Replace(rest, Block)}" : $"down_blocks.{level}.attentions.{layer}.{rest}";
    }

    // Each resolution has one layer more; the last entry of a resolution ends with what doubles the sides.
    private static string Up(int index, int part, string rest, int layers)
    {
        var (level, layer) = (index / (layers + 1), index % (layers + 1));
        if (rest.StartsWith("conv.", StringComparison.Ordinal)) return $"up_blocks.{level}.upsamplers.0.{rest}";
        return part == 0 ? $"up_blocks.{level}.resnets.{layer}.{KeyMap.Replace(rest, Block)}" : $"up_blocks.{level}.attentions.{layer}.{rest}";
    }

    private static string Middle(int part, string rest) => part == 1 ? $"mid_block.attentions.0.{rest}" : $"mid_block.resnets.{part / 2}.{KeyMap.Replace(rest, Block)}";

    private static int Number(Group group) => group.Success ? int.Parse(group.ValueSpan, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"^(input_blocks|output_blocks|middle_block)(?:(?<=_blocks)\.(\d+))?\.(\d+)\.(.+)$")] private static partial Regex Stage();
    [GeneratedRegex(@"^input_blocks\.0\.0\.")] private static partial Regex In();
    [GeneratedRegex(@"^out\.0\.")] private static partial Regex NormOut();
    [GeneratedRegex(@"^out\.2\.")] private static partial Regex Out();
    [GeneratedRegex(@"^in_layers\.0\.")] private static partial Regex FirstNorm();
    [GeneratedRegex(@"^in_layers\.2\.")] private static partial Regex FirstConvolution();
    [GeneratedRegex(@"^emb_layers\.1\.")] private static partial Regex TimeProjection();
    [GeneratedRegex(@"^out_layers\.0\.")] private static partial Regex SecondNorm();
    [GeneratedRegex(@"^out_layers\.3\.")] private static partial Regex SecondConvolution();
    [GeneratedRegex(@"^skip_connection\.")] private static partial Regex Shortcut();
    [GeneratedRegex(@"^(first_stage_model\.|model_ema\.|cond_stage_model\.|betas$|alphas_|sqrt_|log_one_|posterior_|logvar$)")] private static partial Regex WholeCheckpoint();
}

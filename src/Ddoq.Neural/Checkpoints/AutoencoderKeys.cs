using System.Globalization;
using System.Text.RegularExpressions;

namespace Ddoq.Neural.Checkpoints;

/// <summary>The names under which the first stage of latent diffusion is published.</summary>
public static partial class AutoencoderKeys
{
    private const string SingleFilePrefix = "first_stage_model.";

    private static readonly (Regex, string)[] Published = [(Query(), ".to_q."), (Key(), ".to_k."), (Value(), ".to_v."), (Projection(), ".to_out.0.")];

    private static readonly (Regex, string)[] Single =
    [
        (DownBlock(), "down_blocks.$1.resnets.$2."), (DownSample(), "down_blocks.$1.downsamplers.0."), (UpBlock(), "up_blocks.$1.resnets.$2."), (UpSample(), "up_blocks.$1.upsamplers.0."),
        (FirstMiddle(), "mid_block.resnets.0."), (SecondMiddle(), "mid_block.resnets.1."), (MiddleNorm(), "mid_block.attentions.0.group_norm."),
        (MiddlePart(), "mid_block.attentions.0.to_$1."), (MiddleOut(), "mid_block.attentions.0.to_out.0."), (Shortcut(), "conv_shortcut."), (NormOut(), "conv_norm_out."),
    ];

    /// <summary>diffusers, with the attention names of today or those of the published SD v1.5 and sd-vae-ft files (query, key, value, proj_attn).</summary>
    public static KeyMap Diffusers { get; } = new("diffusers", key => key.Contains(".attentions.", StringComparison.Ordinal) ? KeyMap.Replace(key, Published) : key);

    /// <summary>The original single-file names, with or without the prefix <c>first_stage_model.</c>; other parts of a whole checkpoint are skipped.</summary>
    /// <param name="stages">Resolutions of the decoder, which counts its stages from the image.</param>
    public static KeyMap SingleFile(int stages) => new("single file", key => OfSingleFile(key, stages));

    private static string? OfSingleFile(string key, int stages)
    {
        if (key.StartsWith(SingleFilePrefix, StringComparison.Ordinal)) key = key[SingleFilePrefix.Length..];
        else if (WholeCheckpoint().IsMatch(key)) return null;
        return UpStage().Replace(KeyMap.Replace(key, Single), m => $"up_blocks.{(stages - 1 - int.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture)}.");
    }

    [GeneratedRegex(@"\.query\.")] private static partial Regex Query();
    [GeneratedRegex(@"\.key\.")] private static partial Regex Key();
    [GeneratedRegex(@"\.value\.")] private static partial Regex Value();
    [GeneratedRegex(@"\.proj_attn\.")] private static partial Regex Projection();
    [GeneratedRegex(@"\bdown\.(\d+)\.block\.(\d+)\.")] private static partial Regex DownBlock();
    [GeneratedRegex(@"\bdown\.(\d+)\.downsample\.")] private static partial Regex DownSample();
    [GeneratedRegex(@"\bup\.(\d+)\.block\.(\d+)\.")] private static partial Regex UpBlock();
    [GeneratedRegex(@"\bup\.(\d+)\.upsample\.")] private static partial Regex UpSample();
    [GeneratedRegex(@"\bmid\.block_1\.")] private static partial Regex FirstMiddle();
    [GeneratedRegex(@"\bmid\.block_2\.")] private static partial Regex SecondMiddle();
    [GeneratedRegex(@"\bmid\.attn_1\.norm\.")] private static partial Regex MiddleNorm();
    [GeneratedRegex(@"\bmid\.attn_1\.(q|k|v)\.")] private static partial Regex MiddlePart();
    [GeneratedRegex(@"\bmid\.attn_1\.proj_out\.")] private static partial Regex MiddleOut();
    [GeneratedRegex(@"\bnin_shortcut\.")] private static partial Regex Shortcut();
    [GeneratedRegex(@"\bnorm_out\.")] private static partial Regex NormOut();
    [GeneratedRegex(@"\bup_blocks\.(\d+)\.")] private static partial Regex UpStage();
    [GeneratedRegex(@"^(model\.|model_ema\.|cond_stage_model\.|betas$|alphas_|sqrt_|log_one_|posterior_|logvar$|loss\.)")] private static partial Regex WholeCheckpoint();
}

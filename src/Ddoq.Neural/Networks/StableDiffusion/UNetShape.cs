using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;

namespace Ddoq.Neural.Networks.StableDiffusion;

/// <summary>Shape of a <see cref="UNet"/>, as its config.json in diffusers layout gives it.</summary>
/// <param name="Channels">Channels of the latent.</param>
/// <param name="Levels">From the outermost resolution inwards; each but the last halves the sides.</param>
/// <param name="Layers">Residual blocks per resolution on the way down; one more on the way up.</param>
/// <param name="Context">Width of the text embedding.</param>
/// <param name="Groups">Groups of the norms.</param>
/// <param name="LinearProjections">Whether tokens are projected by linear layers (SD 2) instead of 1x1 convolutions (SD 1).</param>
/// <param name="SampleSize">Side of the latents that it was trained on.</param>
public sealed record UNetShape(int Channels, IReadOnlyList<UNetLevel> Levels, int Layers, int Context, int Groups, bool LinearProjections, int SampleSize)
{
    private const string Plain = "DownBlock2D", Attending = "CrossAttnDownBlock2D", PlainUp = "UpBlock2D", AttendingUp = "CrossAttnUpBlock2D";

    /// <summary>Width of the timestep embedding.</summary>
    public int Time => 4 * Levels[0].Width;

    /// <summary>Reads and checks a configuration.</summary>
    /// <exception cref="BadInputException">A setting has the wrong type, or is one that this network does not have; it is named.</exception>
    public static UNetShape Of(NetworkConfig config)
    {
        RequireFixedSettings(config);
        var widths = config.Wholes("block_out_channels", 320, 640, 1280, 1280);
        var heads = config.Wholes("attention_head_dim", 8); // diffusers' name; the value is the number of heads
        var attending = AttentionOf(config, widths.Count);
        if (heads.Count != 1 && heads.Count != widths.Count)
            throw new BadInputException($"'{config.Path}': attention_head_dim has {heads.Count} entries, block_out_channels {widths.Count}. Expected one, or as many.");
        UNetLevel[] levels = [.. widths.Select((width, i) => new UNetLevel(width, heads[heads.Count == 1 ? 0 : i], attending[i]))];
        var shape = new UNetShape(config.Whole("in_channels", 4), levels, config.Whole("layers_per_block", 2), config.Whole("cross_attention_dim", 1280),
            config.Whole("norm_num_groups", 32), config.Flag("use_linear_projection", false), config.Whole("sample_size", 64));
        config.RequireMultiples("block_out_channels", widths, "norm_num_groups", shape.Groups);
        foreach (var level in levels) config.RequireMultiples("block_out_channels", [level.Width], "attention_head_dim", level.Heads);
        config.Require("out_channels", shape.Channels, absent: 4);
        config.RefuseTheRest();
        return shape;
    }

    private static void RequireFixedSettings(NetworkConfig config)
    {
        config.Require("act_fn", "silu");
        config.Require("flip_sin_to_cos", true);
        config.Require("freq_shift", 0);
        config.Require("mid_block_scale_factor", 1.0);
        config.Require("downsample_padding", 1);
        config.Require("norm_eps", 1e-5);
        config.Require("mid_block_type", "UNetMidBlock2DCrossAttn");
        config.Require("transformer_layers_per_block", 1);
        config.Require("time_embedding_type", "positional");
        config.Require("resnet_time_scale_shift", "default");
        config.Require("conv_in_kernel", 3);
        config.Require("conv_out_kernel", 3);
        config.Require("attention_type", "default");
        config.Require("resnet_out_scale_factor", 1.0);
        // float32 throughout, no dropout at inference, no second embedding
        config.Ignore("upcast_attention", "dropout", "addition_embed_type_num_heads", "projection_class_embeddings_input_dim");
    }

    private static bool[] AttentionOf(NetworkConfig config, int levels)
    {
        var (down, up) = (config.Texts("down_block_types"), config.Texts("up_block_types"));
        if (down.Count == 0) down = [.. Enumerable.Range(0, levels).Select(i => i < levels - 1 ? Attending : Plain)];
        if (up.Count == 0) up = [.. down.Reverse().Select(d => d == Plain ? PlainUp : AttendingUp)];
        if (down.FirstOrDefault(d => d is not (Plain or Attending)) is { } odd)
            throw new BadInputException($"'{config.Path}': down_block_types holds '{odd}', which is not supported; expected {Plain} or {Attending}. Use a model with these blocks.");
        if (down.Count != levels || !up.SequenceEqual(down.Reverse().Select(d => d == Plain ? PlainUp : AttendingUp)))
            throw new BadInputException($"'{config.Path}': down_block_types [{string.Join(", ", down)}], up_block_types [{string.Join(", ", up)}] and {levels} block_out_channels do not mirror each other. Use a model whose blocks do.");
        return [.. down.Select(d => d == Attending)];
    }
}

/// <summary>One resolution of a <see cref="UNet"/>.</summary>
/// <param name="Width">Channels.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="Attends">Whether each residual block is followed by attention to the text.</param>
public sealed record UNetLevel(int Width, int Heads, bool Attends);

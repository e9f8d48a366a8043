using Ddoq.Neural.Checkpoints;

namespace Ddoq.Neural.Networks.StableDiffusion;

/// <summary>Shape of an <see cref="AutoencoderKL"/>, as its config.json in diffusers layout gives it.</summary>
/// <param name="Channels">Channels of images.</param>
/// <param name="LatentChannels">Channels of z.</param>
/// <param name="Widths">Channels per resolution, from the image inwards; each step but the last halves the sides.</param>
/// <param name="Layers">Residual blocks per resolution in the encoder; the decoder has one more.</param>
/// <param name="Groups">Groups of the norms.</param>
/// <param name="LatentScale">Factor that brings z to unit variance.</param>
/// <param name="SampleSize">Side of the images that it was trained on.</param>
public sealed record AutoencoderKLShape(int Channels, int LatentChannels, IReadOnlyList<int> Widths, int Layers, int Groups, double LatentScale, int SampleSize)
{
    /// <summary>Image pixels per latent cell along one axis.</summary>
    public int Factor => 1 << (Widths.Count - 1);

    /// <summary>Reads and checks a configuration.</summary>
    /// <exception cref="Foundations.BadInputException">A setting is missing, has the wrong type, or is one that this network does not have; it is named.</exception>
    public static AutoencoderKLShape Of(NetworkConfig config)
    {
        config.Require("act_fn", "silu");
        config.Require("use_quant_conv", true);
        config.Require("use_post_quant_conv", true);
        config.Require("mid_block_add_attention", true);
        RequireBlocks(config, "down_block_types", "DownEncoderBlock2D");
        RequireBlocks(config, "up_block_types", "UpDecoderBlock2D");
        config.Ignore("force_upcast"); // float32 throughout
        var shape = new AutoencoderKLShape(config.Whole("in_channels", 3), config.Whole("latent_channels", 4), config.Wholes("block_out_channels", 64),
            config.Whole("layers_per_block", 1), config.Whole("norm_num_groups", 32), config.Number("scaling_factor", 0.18215), config.Whole("sample_size", 32));
        config.RequireMultiples("block_out_channels", shape.Widths, "norm_num_groups", shape.Groups);
        config.Require("out_channels", shape.Channels, absent: 3);
        config.RefuseTheRest();
        return shape;
    }

    // One block a resolution; an absent list is not read as one block, since the widths say how many there are.
    private static void RequireBlocks(NetworkConfig config, string key, string supported)
    {
        config.RequireAll(key, supported);
        var (blocks, widths) = (config.Texts(key).Count, config.Wholes("block_out_channels", 64).Count);
        if (blocks != 0 && blocks != widths)
            throw new Foundations.BadInputException($"'{config.Path}': {key} has {blocks} entries, block_out_channels {widths}. Expected as many. Copy the model again.");
    }
}

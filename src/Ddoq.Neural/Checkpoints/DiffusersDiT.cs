using Ddoq.Neural.Networks;

namespace Ddoq.Neural.Checkpoints;

/// <summary>The configuration of diffusers' DiTTransformer2DModel.</summary>
internal static class DiffusersDiT
{
    /// <summary>Shape of the same network here.</summary>
    /// <exception cref="Foundations.BadInputException">A setting has the wrong type, or is one that this network does not have; it is named.</exception>
    public static DiTShape Shape(NetworkConfig config)
    {
        config.Require("norm_type", "ada_norm_zero");
        config.Require("activation_fn", "gelu-approximate");
        config.Require("attention_bias", true);
        config.Require("norm_eps", 1e-5); // diffusers writes it, its blocks use 1e-6 as the official code does
        config.Require("attention_type", "default");
        config.Ignore("dropout", "norm_num_groups", "upcast_attention");
        var (side, channels, heads) = (config.Whole("sample_size", 32), config.Whole("in_channels", 4), config.Whole("num_attention_heads", 16));
        var outputs = config.Has("out_channels") ? config.Whole("out_channels", channels) : channels;
        var shape = new DiTShape(channels, side, side, config.Whole("num_embeds_ada_norm", 1000), config.Whole("patch_size", 2), heads * config.Whole("attention_head_dim", 72),
            config.Whole("num_layers", 28), heads, LearnSigma: outputs == 2 * channels);
        config.Require("out_channels", shape.Outputs, absent: channels);
        config.RequireMultiples("sample_size", [side], "patch_size", shape.Patch);
        config.RefuseTheRest();
        return shape;
    }
}

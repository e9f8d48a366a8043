using Ddoq.Neural.Checkpoints;

namespace Ddoq.Neural.Networks.Clip;

/// <summary>Shape of a <see cref="ClipText"/>, as its config.json gives it.</summary>
/// <param name="Vocabulary">Token ids.</param>
/// <param name="Hidden">E, a multiple of <paramref name="Heads"/>.</param>
/// <param name="Inner">Width of the feed-forward layers.</param>
/// <param name="Depth">Layers.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="Length">Tokens that positions exist for.</param>
/// <param name="EndToken">Id of the end of the text as the configuration has it; 2 stands for "the largest id", as files of before 2023 need it.</param>
public sealed record ClipTextShape(int Vocabulary, int Hidden, int Inner, int Depth, int Heads, int Length, int EndToken)
{
    /// <summary>Reads and checks a configuration.</summary>
    /// <exception cref="Foundations.BadInputException">A setting has the wrong type, or is one that this network does not have; it is named.</exception>
    public static ClipTextShape Of(NetworkConfig config)
    {
        config.Require("hidden_act", "quick_gelu");
        config.Require("layer_norm_eps", 1e-5);
        config.Require("model_type", "clip_text_model");
        config.Ignore("architectures", "attention_dropout", "dropout", "bos_token_id", "pad_token_id", "initializer_factor", "initializer_range", "projection_dim", "torch_dtype", "dtype", "transformers_version");
        var shape = new ClipTextShape(config.Whole("vocab_size", 49408), config.Whole("hidden_size", 512), config.Whole("intermediate_size", 2048), config.Whole("num_hidden_layers", 12),
            config.Whole("num_attention_heads", 8), config.Whole("max_position_embeddings", 77), config.Whole("eos_token_id", 49407));
        config.RequireMultiples("hidden_size", [shape.Hidden], "num_attention_heads", shape.Heads);
        config.RefuseTheRest();
        return shape;
    }
}

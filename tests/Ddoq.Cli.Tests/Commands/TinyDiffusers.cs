using System.Text.Json;
using System.Text.Json.Nodes;
using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Networks.Clip;
using Ddoq.Neural.Networks.StableDiffusion;
using static TorchSharp.torch;

namespace Ddoq.Cli.Tests.Commands;

/// <summary>Folders in diffusers layout with small networks of random weights, as diffusers would have written them.</summary>
internal static class TinyDiffusers
{
    /// <summary>Side of the latents; the VAE halves once, so images have 16 pixels.</summary>
    private const int LatentSide = 8;

    public static void WriteStableDiffusion(string root)
    {
        WriteJson(root, "model_index.json", """{"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.30.3"}""");
        WriteScheduler(root, """{"_class_name": "PNDMScheduler", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000, "set_alpha_to_one": false, "skip_prk_steps": true, "steps_offset": 1, "trained_betas": null, "clip_sample": false}""");
        WriteVae(root);
        WritePart(root, "unet", "diffusion_pytorch_model.safetensors", """
            {"_class_name": "UNet2DConditionModel", "act_fn": "silu", "attention_head_dim": 2, "block_out_channels": [16, 32], "cross_attention_dim": 24, "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
             "downsample_padding": 1, "flip_sin_to_cos": true, "freq_shift": 0, "in_channels": 4, "layers_per_block": 1, "mid_block_scale_factor": 1, "norm_eps": 1e-05, "norm_num_groups": 8, "out_channels": 4,
             "sample_size": 8, "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"], "center_input_sample": false}
            """, config => new UNet(UNetShape.Of(config)));
        WritePart(root, "text_encoder", "model.safetensors", """
            {"architectures": ["CLIPTextModel"], "vocab_size": 515, "hidden_size": 24, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 16, "hidden_act": "quick_gelu",
             "layer_norm_eps": 1e-05, "model_type": "clip_text_model", "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1, "projection_dim": 24, "torch_dtype": "float32"}
            """, config => new ClipText(ClipTextShape.Of(config)));
        WriteTokenizer(Path.Combine(root, "tokenizer"));
    }

    /// <param name="root">Folder to write.</param>
    /// <param name="labels">Names of the labels, or none.</param>
    public static void WriteDiT(string root, params string[] labels)
    {
        var index = new JsonObject { ["_class_name"] = "DiTPipeline", ["id2label"] = new JsonObject(labels.Select((l, i) => KeyValuePair.Create($"{i}", (JsonNode?)l))) };
        if (labels.Length == 0) index.Remove("id2label");
        WriteJson(root, "model_index.json", index.ToJsonString());
        WriteScheduler(root, """{"_class_name": "DDIMScheduler", "beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear", "num_train_timesteps": 1000, "set_alpha_to_one": true, "steps_offset": 0, "prediction_type": "epsilon"}""");
        WriteVae(root);
        var config = $$"""
            {"_class_name": "DiTTransformer2DModel", "num_attention_heads": 2, "attention_head_dim": 16, "in_channels": 4, "out_channels": 8, "num_layers": 2, "dropout": 0.0, "norm_num_groups": 32, "attention_bias": true,
             "sample_size": 8, "patch_size": 2, "activation_fn": "gelu-approximate", "num_embeds_ada_norm": {{Math.Max(2, labels.Length)}}, "upcast_attention": false, "norm_type": "ada_norm_zero",
             "norm_elementwise_affine": false, "norm_eps": 1e-05}
            """;
        WriteJson(Path.Combine(root, "transformer"), "config.json", config);
        WriteUnderDiffusersNames(Path.Combine(root, "transformer", "diffusion_pytorch_model.safetensors"),
            new DiT(new DiTShape(4, LatentSide, LatentSide, Math.Max(2, labels.Length), 2, 32, 2, 2, LearnSigma: true)).WithTorchDefaults(new SeedSequence(3)));
    }

    /// <summary>The weights of a DiT of size S under the official names, and its VAE in a folder of its own.</summary>
    public static void WriteOfficialDiT(string file, string vaeRoot)
    {
        WriteVae(vaeRoot);
        Weights.Write(file, new DiT(new DiTShape(4, LatentSide, LatentSide, 2, 2, 384, 1, 6, LearnSigma: true)).WithTorchDefaults(new SeedSequence(3)), half: true);
    }

    /// <summary>Splits the weights of one part into two files with an index.</summary>
    public static void Shard(string folder, string name)
    {
        var whole = Path.Combine(folder, name);
        using (var file = SafetensorsFile.Open(whole))
        {
            string[] shards = [name.Replace(".safetensors", "-00001-of-00002.safetensors", StringComparison.Ordinal), name.Replace(".safetensors", "-00002-of-00002.safetensors", StringComparison.Ordinal)];
            var map = new JsonObject();
            for (var part = 0; part < 2; part++)
            {
                var writer = new SafetensorsWriter();
                foreach (var tensor in file.Tensors.Where((_, i) => i % 2 == part))
                {
                    writer.Add(tensor.Name, file.ReadFloats(tensor.Name), [.. tensor.Shape]);
                    map[tensor.Name] = shards[part];
                }
                writer.Write(Path.Combine(folder, shards[part]));
            }
            File.WriteAllText(whole + ".index.json", new JsonObject { ["metadata"] = new JsonObject(), ["weight_map"] = map }.ToJsonString());
        }
        File.Delete(whole);
    }

    private static void WriteVae(string root) => WritePart(root, "vae", "diffusion_pytorch_model.safetensors", """
        {"_class_name": "AutoencoderKL", "act_fn": "silu", "block_out_channels": [16, 32], "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"], "in_channels": 3, "latent_channels": 4, "layers_per_block": 1,
         "norm_num_groups": 8, "out_channels": 3, "sample_size": 16, "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"], "scaling_factor": 0.18215, "force_upcast": true}
        """, config => new AutoencoderKL(AutoencoderKLShape.Of(config)));

    private static void WritePart(string root, string part, string weights, string json, Func<NetworkConfig, nn.Module> network)
    {
        var folder = Path.Combine(root, part);
        WriteJson(folder, "config.json", json);
        var module = network(NetworkConfig.Open(Path.Combine(folder, "config.json"))).WithTorchDefaults(new SeedSequence(3));
        Weights.Write(Path.Combine(folder, weights), module, half: false);
    }

    private static void WriteScheduler(string root, string json) => WriteJson(Path.Combine(root, "scheduler"), "scheduler_config.json", json);

    private static void WriteJson(string folder, string name, string json)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, name), json);
    }

    // Queries, keys and values apart; the embedders in every block.
    private static void WriteUnderDiffusersNames(string path, DiT network)
    {
        var writer = new SafetensorsWriter();
        foreach (var (name, value) in network.state_dict())
            foreach (var (other, rows) in DiffusersNames(name, network.Shape.Depth))
            {
                var part = rows is { } p ? value.narrow(0, p * (value.shape[0] / 3), value.shape[0] / 3) : value;
                writer.Add(other, part.ToFloats(), part.shape);
            }
        writer.Write(path);
    }

    private static IEnumerable<(string Name, int? Part)> DiffusersNames(string name, int depth)
    {
        string[] parts = name.Split('.');
        var (stem, end) = (string.Join('.', parts[..^1]), parts[^1]);
        if (stem.StartsWith("blocks.", StringComparison.Ordinal))
        {
            var (block, rest) = ($"transformer_blocks.{parts[1]}", string.Join('.', parts[2..^1]));
            if (rest == "attn.qkv") return Enumerable.Range(0, 3).Select(p => ($"{block}.attn1.to_{"qkv"[p]}.{end}", (int?)p));
            var own = rest switch { "adaLN_modulation.1" => "norm1.linear", "attn.proj" => "attn1.to_out.0", "mlp.fc1" => "ff.net.0.proj", _ => "ff.net.2" };
            return [($"{block}.{own}.{end}", null)];
        }
        string? embedder = stem switch { "t_embedder.mlp.0" => "timestep_embedder.linear_1", "t_embedder.mlp.2" => "timestep_embedder.linear_2", "y_embedder.embedding_table" => "class_embedder.embedding_table", _ => null };
        if (embedder is not null) return Enumerable.Range(0, depth).Select(b => ($"transformer_blocks.{b}.norm1.emb.{embedder}.{end}", (int?)null));
        return stem switch
        {
            "x_embedder.proj" => [($"pos_embed.proj.{end}", null)],
            "final_layer.adaLN_modulation.1" => [($"proj_out_1.{end}", null)],
            "final_layer.linear" => [($"proj_out_2.{end}", null)],
            _ => [], // the table of positions
        };
    }

    // CLIP's 256 byte symbols, the same at the end of a word, one merge, two marks.
    private static void WriteTokenizer(string folder)
    {
        static bool Printable(int b) => b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
        string[] bytes = [.. Enumerable.Range(0, 256).Where(Printable).Select(b => ((char)b).ToString()), .. Enumerable.Range(256, Enumerable.Range(0, 256).Count(b => !Printable(b))).Select(b => ((char)b).ToString())];
        string[] symbols = [.. bytes, .. bytes.Select(b => b + "</w>"), "in", "<|startoftext|>", "<|endoftext|>"];
        WriteJson(folder, "vocab.json", JsonSerializer.Serialize(symbols.Index().ToDictionary(p => p.Item, p => p.Index)));
        File.WriteAllText(Path.Combine(folder, "merges.txt"), "#version: 0.2\ni n\n");
    }
}

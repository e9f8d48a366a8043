using System.Text.Json.Nodes;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Diffusion;
using Ddoq.Neural.Networks.Clip;
using Ddoq.Neural.Networks.StableDiffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>A whole small Stable Diffusion against diffusers' pipelines: text, guided denoising from noise and from an image, decoding.</summary>
[Trait("golden", "pipeline")]
public sealed class PipelineGoldenTests
{
    [Fact]
    public void Embed_PromptAndNegativePrompt_GivesTheStates()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var golden = new GoldenTensors("pipeline", "pipeline_io.safetensors");
        var golds = new GoldenNetwork("pipeline", "pipeline");
        var text = Text(golds);
        golds.Require(golden, "prompt_embeds", text.call(golden["input_ids"]));
        golds.Require(golden, "negative_prompt_embeds", text.call(golden["negative_input_ids"]));
    }

    public static TheoryData<string> Runs
    {
        get
        {
            if (!Golden.Names("pipeline").Contains("pipeline")) return [""];
            return [.. GoldenTensors.Json("pipeline", "pipeline.json").GetProperty("runs").EnumerateArray().Select(r => r.GetProperty("run").GetString()!)];
        }
    }

    // The pipelines force steps_offset 1 and clip_sample false on every scheduler.
    [Theory]
    [MemberData(nameof(Runs))]
    public void Sample_EveryRun_FollowsThePipelineStepByStep(string run)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var golden = new GoldenTensors("pipeline", "pipeline_io.safetensors");
        var golds = new GoldenNetwork("pipeline", "pipeline");
        double Number(string key) => golds.Json.GetProperty(key).GetDouble();
        var row = golds.Json.GetProperty("runs").EnumerateArray().Single(r => r.GetProperty("run").GetString() == run);
        var (kind, sampler) = (run.Split('.')[0], run.Split('.')[1]);
        var scheduler = DiffusersScheduler.Read(new NetworkConfig($"{run}.json", Scheduler(sampler)));
        var grid = scheduler.Plan((int)Number("num_inference_steps"), kind == "txt2img" ? 1 : Number("strength"));
        Assert.Equal(row.GetProperty("timesteps").EnumerateArray().Select(t => t.GetInt32()), grid.Timesteps);

        var network = new UNet(UNetShape.Of(golds.Config("unet_config")));
        Weights.Read(Golden.File("pipeline", "unet.safetensors"), network);
        var context = cat([golden["prompt_embeds"], golden["negative_prompt_embeds"]]);
        var seen = new List<Tensor>();
        Tensor Denoise(Tensor x, int t)
        {
            seen.Add(x.clone().DetachFromDisposeScope());
            return Guidance.Combine(network.call(cat([x, x]), tensor(new long[] { t }), context), Number("guidance_scale"));
        }
        var start = kind == "txt2img" ? golden["latents"] : grid.Steps[0].Noised(Clean(golds, golden), golden["add.noise"]);
        var end = scheduler.Sampler.Sample(Denoise, start, grid, (k, like) => Hashfill.NoiseTensor($"{run}.stepnoise.{k}", golds.Seed, like.shape));
        GoldenTolerance.RequireGradient(stack([.. seen.Skip(1), end]), golden[$"{run}.trajectory"], run);
    }

    private static JsonObject Scheduler(string sampler) => new()
    {
        ["_class_name"] = sampler switch
        {
            "ddim" => "DDIMScheduler",
            "ddpm" => "DDPMScheduler",
            "pndm" => "PNDMScheduler",
            "dpmpp_2m" => "DPMSolverMultistepScheduler",
            _ => throw new ArgumentException($"golden run with the sampler '{sampler}', which this test does not know"),
        },
        ["num_train_timesteps"] = 1000, ["beta_start"] = 0.00085, ["beta_end"] = 0.012, ["beta_schedule"] = "scaled_linear", ["steps_offset"] = 1, ["clip_sample"] = false,
        ["set_alpha_to_one"] = sampler == "ddim" ? false : null, ["skip_prk_steps"] = sampler == "pndm" ? true : null,
    };

    [Fact]
    public void Decode_EndOfEveryRun_GivesTheImages()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var golden = new GoldenTensors("pipeline", "pipeline_io.safetensors");
        var golds = new GoldenNetwork("pipeline", "pipeline");
        var vae = Vae(golds);
        string[] runs = [.. golds.Json.GetProperty("runs").EnumerateArray().Select(r => r.GetProperty("run").GetString()!)];
        Assert.NotEmpty(runs);
        foreach (var run in runs)
        {
            var image = (vae.Decode(golden[$"{run}.trajectory"][^1] / vae.Shape.LatentScale) / 2 + 0.5).clamp(0, 1);
            golds.Require(golden, $"{run}.images", image);
        }
    }

    // z = scale (mean + std eps)
    private static Tensor Clean(GoldenNetwork golds, GoldenTensors golden)
    {
        var vae = Vae(golds);
        var (mean, logVariance) = vae.Encode(golden["image"]);
        return vae.Shape.LatentScale * (mean + (0.5 * logVariance).exp() * golden["vae.eps"]);
    }

    private static AutoencoderKL Vae(GoldenNetwork golds)
    {
        var vae = new AutoencoderKL(AutoencoderKLShape.Of(golds.Config("vae_config")));
        Weights.Read(Golden.File("pipeline", "vae.safetensors"), vae, AutoencoderKeys.Diffusers);
        return vae;
    }

    private static ClipText Text(GoldenNetwork golds)
    {
        var text = new ClipText(ClipTextShape.Of(golds.Config("text_config")));
        Weights.Read(Golden.File("pipeline", "text_encoder.safetensors"), text, ClipText.Keys);
        return text;
    }
}

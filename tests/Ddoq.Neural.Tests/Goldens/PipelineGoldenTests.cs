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

    [Theory]
    [InlineData("txt2img.ddim")]
    [InlineData("img2img.ddim")]
    public void Sample_Ddim_FollowsThePipelineStepByStep(string run)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var golden = new GoldenTensors("pipeline", "pipeline_io.safetensors");
        var golds = new GoldenNetwork("pipeline", "pipeline");
        var row = golds.Json.GetProperty("runs").EnumerateArray().Single(r => r.GetProperty("run").GetString() == run);
        var schedule = NoiseSchedule.ScaledLinear();
        int[] timesteps = [.. row.GetProperty("timesteps").EnumerateArray().Select(t => t.GetInt32())];
        var grid = StepGrid.Striding(schedule, timesteps, schedule.Steps / golds.Json.GetProperty("num_inference_steps").GetInt32(), schedule.AlphaBar[0]);
        var network = new UNet(UNetShape.Of(golds.Config("unet_config")));
        Weights.Read(Golden.File("pipeline", "unet.safetensors"), network);
        var (scale, context) = (golds.Json.GetProperty("guidance_scale").GetDouble(), cat([golden["prompt_embeds"], golden["negative_prompt_embeds"]]));
        var seen = new List<Tensor>();
        Tensor Denoise(Tensor x, int t)
        {
            seen.Add(x.clone().DetachFromDisposeScope());
            return Guidance.Combine(network.call(cat([x, x]), tensor(new long[] { t }), context), scale);
        }
        var start = run.StartsWith("txt2img", StringComparison.Ordinal) ? golden["latents"] : grid.Steps[0].Noised(Clean(golds, golden), golden["add.noise"]);
        var end = new DdimSampler(Prediction.Epsilon).Sample(Denoise, start, grid);
        GoldenTolerance.RequireGradient(stack([.. seen.Skip(1), end]), golden[$"{run}.trajectory"], run);
    }

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

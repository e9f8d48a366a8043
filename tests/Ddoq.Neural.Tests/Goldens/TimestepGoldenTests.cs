using System.Text.Json;
using System.Text.Json.Nodes;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Diffusion;
using TorchSharp;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>Timestep and noise-level tables of diffusers, and where an image enters for a strength: whole numbers exactly.</summary>
[Trait("golden", "timesteps")]
public sealed class TimestepGoldenTests
{
    public static TheoryData<int> Rows => Golden.Names("schedulers").Contains("timesteps")
        ? [.. Enumerable.Range(0, GoldenTensors.Json("schedulers", "timesteps.json").GetArrayLength())]
        : [0];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Table_EveryRow_IsExact(int row)
    {
        var r = GoldenTensors.Json("schedulers", "timesteps.json")[row];
        var (scheduler, count) = (Scheduler(r.GetProperty("scheduler").GetString()!, r.GetProperty("options")), r.GetProperty("N").GetInt32());
        Assert.Equal(Whole(r.GetProperty("timesteps")), scheduler.Table(count));
        if (!r.TryGetProperty("sigmas", out var sigmas)) return;
        var steps = scheduler.Plan(count).Steps;
        Assert.All(sigmas.EnumerateArray().Zip(steps.Select(s => s.SigmaFrom).Append(steps[^1].SigmaTo)), p => Assert.Equal(p.First.GetDouble(), p.Second, 1e-4 * Math.Max(1, p.Second)));
    }

    [Fact]
    public void Plan_EveryStrength_StartsWhereThePipelineDoes()
    {
        foreach (var r in GoldenTensors.Json("schedulers", "img2img_start.json").GetProperty("rows").EnumerateArray())
        {
            var (count, strength) = (r.GetProperty("N").GetInt32(), r.GetProperty("strength").GetDouble());
            var first = Timesteps.FirstAt(count, strength);
            Assert.Equal(r.GetProperty("t_start").GetInt32(), first);
            Assert.Equal(Whole(r.GetProperty("ddim")), Scheduler("DDIMScheduler", Options("""{"steps_offset": 1}""")).Table(count)[first..]);
            Assert.Equal(Whole(r.GetProperty("pndm")), Scheduler("PNDMScheduler", Options("""{"steps_offset": 1, "skip_prk_steps": true}""")).Table(count)[first..]);
            Assert.Equal(Whole(r.GetProperty("dpmpp_2m")), Scheduler("DPMSolverMultistepScheduler", Options("{}")).Table(count)[first..]);
        }
    }

    private static JsonElement Options(string json) => JsonDocument.Parse(json).RootElement;

    private static int[] Whole(JsonElement list) => [.. list.EnumerateArray().Select(t => t.GetInt32())];

    // The tables belong to the levels of Stable Diffusion.
    private static DiffusersScheduler Scheduler(string kind, JsonElement options)
    {
        var config = JsonNode.Parse(options.GetRawText())!.AsObject();
        (config["_class_name"], config["beta_start"], config["beta_end"], config["beta_schedule"]) = (kind, 0.00085, 0.012, "scaled_linear");
        return DiffusersScheduler.Read(new NetworkConfig("scheduler_config.json", config));
    }
}

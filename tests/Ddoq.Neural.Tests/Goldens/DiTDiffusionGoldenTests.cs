using System.Text.Json;
using Ddoq.Neural.Diffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>Every sampling case of the DiT diffusion: respaced timesteps and tables, learned and fixed variances, the sample after each step.</summary>
[Trait("golden", "dit_diffusion")]
public sealed class DiTDiffusionGoldenTests
{
    public static TheoryData<string> Cases => FakeNetwork.Cases("dit_diffusion.json");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sample_EveryCase_FollowsTheTrajectory(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenTensors("schedulers", "dit_diffusion_io.safetensors");
        var fake = new FakeNetwork("dit_diffusion.json", name);
        var grid = StepGrid.Through(NoiseSchedule.Linear(), Timesteps.Respaced(fake.Case.GetProperty("spacing").GetString()!, 1000));
        Assert.Equal(fake.Timesteps("model_timesteps"), grid.Timesteps);
        var (sampler, learned) = Sampler(fake.Case);
        var found = fake.Trajectory(sampler, golden[$"{name}.init"], grid, learned);
        GoldenTolerance.RequireGradient(fake.Stored(found), golden[$"{name}.trajectory"], "trajectory");
        GoldenTolerance.RequireGradient(found[^1], golden[$"{name}.final"], "final");
    }

    [Fact]
    public void Respaced_EverySpacing_GivesTheTimestepsAndLevels()
    {
        using var golden = new GoldenTensors("schedulers", "dit_diffusion_io.safetensors");
        foreach (var row in GoldenTensors.Json("schedulers", "dit_diffusion.json").GetProperty("spacings").EnumerateObject())
        {
            var spacing = row.Name.StartsWith("(empty", StringComparison.Ordinal) ? "" : row.Name;
            var grid = StepGrid.Through(NoiseSchedule.Linear(), Timesteps.Respaced(spacing, 1000));
            Assert.Equal(row.Value.EnumerateArray().Select(t => t.GetInt32()), grid.Timesteps.Reverse());
            using var levels = golden[$"table[{spacing}].alphas_cumprod"];
            Assert.All(grid.Steps.Reverse().Zip(levels.data<double>().ToArray()), p => Assert.Equal(p.Second, p.First.From, 1e-9 * p.Second));
        }
    }

    private static (ISampler Sampler, bool Learned) Sampler(JsonElement c)
    {
        var options = c.GetProperty("create_diffusion_options");
        bool Option(string key, bool absent) => options.TryGetProperty(key, out var value) ? value.GetBoolean() : absent;
        double? clip = c.GetProperty("clip_denoised").GetBoolean() ? 1 : null;
        var learned = Option("learn_sigma", true);
        if (c.GetProperty("sampler").GetString() == "p_sample")
            return (new DdpmSampler(Prediction.Epsilon) { Clip = clip, Variance = learned ? StepVariance.Learned : Option("sigma_small", false) ? StepVariance.FixedSmall : StepVariance.FixedLarge }, learned);
        return (new DdimSampler(Prediction.Epsilon) { Clip = clip, Eta = c.GetProperty("eta").GetDouble() }, false);
    }
}

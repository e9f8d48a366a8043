using System.Text.Json;
using Ddoq.Neural.Diffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>Noise schedules and the sampler against diffusers and the DiT code.</summary>
[Trait("golden", "schedulers")]
public sealed class DiffusionGoldenTests
{
    [Theory]
    [InlineData("linear", "linear")]
    [InlineData("scaled_linear", "sd_scaled_linear")]
    [InlineData("cosine", "squaredcos")]
    public void AlphaBar_ByName_EqualsTheTable(string name, string table)
    {
        using var golden = new GoldenTensors("schedulers", "schedulers_io.safetensors");
        using var expected = golden[$"table.{table}.alphas_cumprod"];
        using var found = tensor(NoiseSchedule.Named(name).AlphaBar.ToArray());
        // The table is a float32 product over 1,000 steps; the last values are small, so each is compared by itself.
        var off = ((found - expected) / found).abs().max().item<double>();
        Assert.InRange(off, 0, 2e-4);
    }

    [Fact]
    public void AlphaBar_Linear_EqualsTheDoublePrecisionTable()
    {
        using var golden = new GoldenTensors("schedulers", "dit_diffusion_io.safetensors");
        var expected = golden["table[].alphas_cumprod"].data<double>().ToArray();
        Assert.All(NoiseSchedule.Linear().AlphaBar.Zip(expected), p => Assert.Equal(p.Second, p.First, 1e-9 * p.Second));
    }

    [Fact]
    public void Sample_EpsilonOverFiftySteps_FollowsTheDitLoop()
    {
        using var golden = new GoldenTensors("schedulers", "dit_diffusion_io.safetensors");
        var grid = Case("dit_diffusion.json", "dit_ddim").GetProperty("model_timesteps");
        var found = Trajectory("dit_ddim", grid, golden["dit_ddim.init"], NoiseSchedule.Linear(), Prediction.Epsilon);
        GoldenTolerance.RequireGradient(stack(found[..^1]), golden["dit_ddim.trajectory"][..^1], "trajectory");
        GoldenTolerance.RequireGradient(found[^1], golden["dit_ddim.final"], "final");
    }

    // diffusers ends at the first alpha bar instead of one, so the last step is not ours.
    [Theory]
    [InlineData("ddim_eta0", Prediction.Epsilon)]
    [InlineData("ddim_trailing", Prediction.Epsilon)]
    [InlineData("ddim_v_prediction", Prediction.Velocity)]
    public void Sample_DiffusersCases_FollowsAllStepsButTheLast(string name, Prediction prediction)
    {
        using var golden = new GoldenTensors("schedulers", "schedulers_io.safetensors");
        var grid = Case("schedulers.json", name).GetProperty("timesteps");
        var found = Trajectory(name, grid, golden[$"{name}.init"], NoiseSchedule.ScaledLinear(), prediction);
        GoldenTolerance.RequireGradient(stack(found[..^1]), golden[$"{name}.trajectory"][..^1], "trajectory");
    }

    // Sample after each step: what the denoiser is given next, and the result.
    private static Tensor[] Trajectory(string name, JsonElement timesteps, Tensor start, NoiseSchedule schedule, Prediction prediction)
    {
        int[] grid = [.. timesteps.EnumerateArray().Select(t => t.GetInt32())];
        var seen = new List<Tensor>();
        Tensor Fake(Tensor x, int timestep)
        {
            Assert.Equal(grid[seen.Count], timestep);
            seen.Add(x.clone().DetachFromDisposeScope());
            return 0.25 * x + 0.75 * Hashfill.NoiseTensor($"{name}.model.{seen.Count - 1}", 501, x.shape);
        }
        var end = new DdimSampler(schedule, prediction).Sample(Fake, start, grid);
        return [.. seen.Skip(1), end];
    }

    private static JsonElement Case(string file, string name) =>
        GoldenTensors.Json("schedulers", file).GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("case").GetString() == name);
}

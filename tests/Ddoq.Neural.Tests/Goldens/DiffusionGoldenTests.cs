using Ddoq.Neural.Diffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>Noise schedules against diffusers and the DiT code.</summary>
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

    [Theory]
    [InlineData("linear", "linear")]
    [InlineData("scaled_linear", "sd_scaled_linear")]
    [InlineData("cosine", "squaredcos")]
    public void Noised_TimestepPerSample_GivesTheSampleAndItsVelocity(string name, string table)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenTensors("schedulers", "schedulers_io.safetensors");
        var (clean, noise) = (golden[$"add.{table}.x0"], golden[$"add.{table}.noise"]);
        var schedule = NoiseSchedule.Named(name);
        long[] timesteps = golden[$"add.{table}.t"].data<long>().ToArray();
        for (var i = 0; i < timesteps.Length; i++)
        {
            var a = schedule.At((int)timesteps[i]);
            GoldenTolerance.RequireValues(new NoiseStep((int)timesteps[i], a, 1).Noised(clean[i], noise[i]), golden[$"add.{table}.noisy"][i], $"noisy, t {timesteps[i]}");
            GoldenTolerance.RequireValues(Prediction.Velocity.Target(clean[i], noise[i], tensor((float)a)), golden[$"add.{table}.velocity"][i], $"velocity, t {timesteps[i]}");
        }
    }

    [Fact]
    public void AlphaBar_Linear_EqualsTheDoublePrecisionTable()
    {
        using var golden = new GoldenTensors("schedulers", "dit_diffusion_io.safetensors");
        var expected = golden["table[].alphas_cumprod"].data<double>().ToArray();
        Assert.All(NoiseSchedule.Linear().AlphaBar.Zip(expected), p => Assert.Equal(p.Second, p.First, 1e-9 * p.Second));
    }
}

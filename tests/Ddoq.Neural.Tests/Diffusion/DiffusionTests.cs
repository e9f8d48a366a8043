using Ddoq.Foundations;
using Ddoq.Neural.Diffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Diffusion;

/// <summary>Schedules, predictions, guidance and the sampler by law and closed form.</summary>
public sealed class DiffusionTests
{
    public static TheoryData<string> Schedules => new("cosine", "linear", "scaled_linear");

    [Theory]
    [MemberData(nameof(Schedules))]
    public void AlphaBar_EverySchedule_FallsStrictlyInsideTheUnitInterval(string name)
    {
        var a = NoiseSchedule.Named(name).AlphaBar;
        Assert.All(a, v => Assert.InRange(v, 1e-12, 1 - 1e-12));
        Assert.All(a.Zip(a.Skip(1)), p => Assert.True(p.Second < p.First));
        Assert.Throws<BadInputException>(() => NoiseSchedule.Named(name + "x"));
    }

    [Theory]
    [MemberData(nameof(Schedules))]
    public void TimestepAt_AnySnr_IsTheFirstAtOrBelow(string name)
    {
        var schedule = NoiseSchedule.Named(name);
        foreach (var snr in new[] { 100.0, 1.0, 0.37, schedule.Snr(500) })
        {
            var t = schedule.TimestepAt(snr);
            Assert.True(schedule.Snr(t) <= snr);
            Assert.True(t == 0 || schedule.Snr(t - 1) > snr);
        }
        Assert.Equal(0, schedule.TimestepAt(1e9));
        Assert.Equal(schedule.Steps - 1, schedule.TimestepAt(1e-300));
        Assert.Throws<ArgumentOutOfRangeException>(() => schedule.TimestepAt(double.NaN));
    }

    [Theory]
    [InlineData(Prediction.Epsilon)]
    [InlineData(Prediction.Velocity)]
    [InlineData(Prediction.Sample)]
    public void Target_BackToCleanAndNoise_IsTheIdentity(Prediction prediction)
    {
        using var scope = NewDisposeScope();
        var draws = new Draws("predictions");
        foreach (var a in new[] { 0.999, 0.5, 0.01 })
        {
            var (clean, noise) = (draws.Normal(3, 4), draws.Normal(3, 4));
            var noised = Math.Sqrt(a) * clean + Math.Sqrt(1 - a) * noise;
            var predicted = prediction.Target(clean, noise, full([3, 1], a));
            Agreement.Require(prediction.Clean(noised, predicted, a), clean, 1e-4);
            Agreement.Require(prediction.Noise(noised, predicted, a), noise, 1e-4);
        }
    }

    [Fact]
    public void Combine_ScalesZeroOneAndTwo_IsTheLine()
    {
        using var scope = NewDisposeScope();
        var draws = new Draws("guidance");
        var (conditional, unconditional) = (draws.Normal(2, 5), draws.Normal(2, 5));
        var both = cat([conditional, unconditional]);
        Agreement.Require(Guidance.Combine(both, 1), conditional, 1e-6);
        Agreement.Require(Guidance.Combine(both, 0), unconditional, 1e-6);
        Agreement.Require(Guidance.Combine(both, 2), 2 * conditional - unconditional, 1e-6);
    }

    [Fact]
    public void Grid_EveryLength_FallsFromTheStartWithoutRepeats()
    {
        var schedule = NoiseSchedule.Cosine();
        for (var start = 0; start <= 40; start++)
            for (var steps = 1; steps <= 45; steps++)
            {
                int[] grid = [.. StepGrid.Even(schedule, start, steps).Timesteps];
                Assert.Equal(Math.Min(steps, start + 1), grid.Length);
                Assert.Equal(start, grid[0]);
                Assert.True(grid[^1] >= 0);
                Assert.All(grid.Zip(grid.Skip(1)), p => Assert.True(p.Second < p.First, $"start {start}, {steps} steps: [{string.Join(", ", grid)}]"));
            }
        Assert.Throws<ArgumentOutOfRangeException>(() => StepGrid.Even(schedule, 10, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => StepGrid.Even(schedule, -1, 5));
    }

    // For data N(m, s^2) the best denoiser is known, and the flow keeps (x_t - sqrt(a) m) / sqrt(a s^2 + 1 - a) constant:
    // noise is carried to the data's law, each number to its own quantile.
    [Theory]
    [InlineData(Prediction.Epsilon)]
    [InlineData(Prediction.Velocity)]
    [InlineData(Prediction.Sample)]
    public void Sample_ExactDenoiserOfGaussianData_CarriesNoiseToTheData(Prediction prediction)
    {
        const double mean = 0.7, deviation = 0.5;
        var schedule = NoiseSchedule.Cosine();
        var start = schedule.Steps - 1;
        using var scope = NewDisposeScope();
        var noise = linspace(-2.5, 2.5, 11, ScalarType.Float64);
        Tensor Exact(Tensor x, int t)
        {
            var a = schedule.AlphaBar[t];
            var clean = mean + deviation * deviation * Math.Sqrt(a) / (a * deviation * deviation + 1 - a) * (x - Math.Sqrt(a) * mean);
            var e = (x - Math.Sqrt(a) * clean) / Math.Sqrt(1 - a);
            return prediction.Target(clean, e, tensor(a, ScalarType.Float64));
        }
        var last = schedule.AlphaBar[start];
        var expected = mean + deviation * (noise - Math.Sqrt(last) * mean) / Math.Sqrt(last * deviation * deviation + 1 - last);
        double Error(int steps) => (new DdimSampler(prediction).Sample(Exact, noise, StepGrid.Even(schedule, start, steps)) - expected).abs().max().item<double>();
        Assert.InRange(Error(1000), 0, 0.01);
        Assert.True(Error(1000) < Error(100) && Error(100) < Error(10));
    }

    [Fact]
    public void Sample_OneStep_IsTheCleanPrediction()
    {
        using var scope = NewDisposeScope();
        var schedule = NoiseSchedule.Cosine();
        var (x, e) = (new Draws("one step").Normal(2, 3), new Draws("one step, noise").Normal(2, 3));
        var found = new DdimSampler(Prediction.Epsilon).Sample((_, _) => e.alias(), x, StepGrid.Even(schedule, 500, 1));
        Agreement.Require(found, Prediction.Epsilon.Clean(x, e, schedule.AlphaBar[500]), 1e-6);
    }
}

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

    [Theory]
    [InlineData("loss_full")]
    [InlineData("loss_respaced")]
    public void DiffusionLoss_EveryProcess_GivesTheTermsAndBothGaussians(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenTensors("schedulers", "dit_diffusion_io.safetensors");
        var json = GoldenTensors.Json("schedulers", "dit_diffusion.json");
        int[] steps = [.. golden[$"{name}.t"].data<long>().ToArray().Select(t => (int)t)];
        var spacing = name == "loss_full" ? "" : $"{steps.Max() + 1}"; // the data have the noisiest step of each process
        var loss = new DiffusionLoss(StepGrid.Through(NoiseSchedule.Linear(), Timesteps.Respaced(spacing, 1000)));
        var (clean, noise) = (golden[$"{name}.x0"], golden[$"{name}.noise"]);
        var noised = loss.Noised(clean, noise, steps);
        var seed = json.GetProperty("seed").GetInt64();
        var output = cat([0.25 * noised + 0.75 * Hashfill.NoiseTensor($"{name}.model", seed, noised.shape), tensor(Hashfill.Data($"{name}.var", seed, noised.numel()), noised.shape)], 1);
        void Require(Tensor found, string key) => GoldenTolerance.RequireGradient(found, golden[$"{name}.{key}"], $"{name}.{key}");

        Require(noised, "x_t");
        var terms = loss.Terms(output, clean, noise, steps);
        Require(terms.Square, "mse");
        Require(terms.Bound, "vb");
        Require(terms.Loss, "loss");
        var (model, posterior) = (loss.Model(output, noised, steps), loss.Posterior(clean, noised, steps));
        Require(model.Mean, "p_mean");
        Require(model.LogVariance, "p_log_variance");
        Require(model.Clean, "p_pred_xstart");
        Require(posterior.Mean, "q_post_mean");
        Require(posterior.LogVariance, "q_post_logvar");
    }

    [Fact]
    public void DiffusionLoss_OfTheVariance_TeachesNotTheMean()
    {
        using var scope = NewDisposeScope();
        var loss = new DiffusionLoss(StepGrid.Through(NoiseSchedule.Linear(), Timesteps.Respaced("50", 1000)));
        var draws = new Draws("bound");
        var output = draws.Normal(2, 8, 4, 4).requires_grad_(true);
        var slope = autograd.grad([loss.Terms(output, draws.Normal(2, 4, 4, 4), draws.Normal(2, 4, 4, 4), [3, 0]).Bound.sum()], [output]).Single();
        Assert.Equal(0, slope.narrow(1, 0, 4).abs().max().item<float>());
        Assert.NotEqual(0, slope.narrow(1, 4, 4).abs().max().item<float>());
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

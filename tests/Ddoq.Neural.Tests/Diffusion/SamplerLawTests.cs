using Ddoq.Neural.Diffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Diffusion;

/// <summary>With the exact denoiser of a Gaussian mixture every sampler gives back its mean, covariance and the mass of each mode.</summary>
public sealed class SamplerLawTests
{
    private const int Count = 6000;

    // Means and deviations in two dimensions, and masses.
    private static readonly double[,] Means = { { 1.5, 0.5 }, { -1, -1 } };
    private static readonly double[,] Deviations = { { 0.4, 0.2 }, { 0.3, 0.5 } };

    public static TheoryData<string, double> Rows => new MatrixTheoryData<string, double>(
        ["DDIM", "DDIM, eta 1", "DDPM", "DDPM, large", "PNDM", "DPM 1", "DPM 2", "DPM 2, Heun", "DPM 2, SDE", "DPM 3", "Euler", "Heun"], [1.0, 0.3]);

    [Theory]
    [MemberData(nameof(Rows))]
    public void Sample_ExactDenoiserOfAMixture_GivesItsMoments(string name, double firstMass)
    {
        using var scope = NewDisposeScope();
        var (schedule, draws, sampler) = (NoiseSchedule.Linear(), new Draws("mixture"), Sampler(name));
        var (means, variances, masses) = (tensor(Means), tensor(Deviations).square(), tensor(new[] { firstMass, 1 - firstMass }));
        // The posterior variance leaves out what x_t does not say of x_0: by its exact recursion, 8 % of the first mode's variance is lost over 200 steps, 4 % over 500.
        var grid = name == "PNDM" ? Pndm.Grid(schedule, Pndm.Repeating(Timesteps.Spread(TimestepSpacing.Leading, 1000, 200)), 5, 1)
            : StepGrid.Through(schedule, Timesteps.Respaced(sampler.IsRandom ? "500" : "200", 1000));
        Tensor Normal(int step, Tensor like) => draws.Normal(like.shape).to(ScalarType.Float64);
        var found = sampler.Sample((x, t) => ExactNoise(x, schedule.AlphaBar[t], means, variances, masses), draws.Normal(Count, 2).to(ScalarType.Float64), grid, Normal);

        var mean = (masses.unsqueeze(1) * means).sum([0L]);
        var centred = means - mean;
        var covariance = diag((masses.unsqueeze(1) * variances).sum([0L])) + (masses.view(2, 1, 1) * centred.unsqueeze(2) * centred.unsqueeze(1)).sum([0L]);
        var around = found - found.mean([0L]);
        Assert.InRange((found.mean([0L]) - mean).abs().max().item<double>(), 0, 0.07); // four standard errors
        Agreement.Require(around.t().mm(around) / Count, covariance, 0.07, "covariance");
        Assert.Equal(firstMass, (found.sum(1) > 0.75).to(ScalarType.Float64).mean().item<double>(), 0.025);
    }

    public static TheoryData<SamplerKind> Kinds => [SamplerKind.Ddim, SamplerKind.Ddpm, SamplerKind.Pndm, SamplerKind.DpmSolver, SamplerKind.Euler, SamplerKind.Heun];

    // As the synthesis runs them: entered half way, where samples of the noised mixture are at hand exactly.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void From_HalfWay_GivesTheMomentsOfTheMixture(SamplerKind kind)
    {
        using var scope = NewDisposeScope();
        var (draws, scheduler) = (new Draws("half way"), DiffusersScheduler.Of(kind, NoiseSchedule.ScaledLinear(), Prediction.Epsilon));
        var (sampler, grid) = scheduler.From(scheduler.Schedule.TimestepAt(0.089), 100);
        var (means, variances, masses) = (tensor(Means), tensor(Deviations).square(), tensor(new[] { 0.3, 0.7 }));
        Tensor Normal(params long[] shape) => draws.Normal(shape).to(ScalarType.Float64);
        var first = Normal(Count, 1).lt(-0.5244005).to(ScalarType.Float64); // the 30 % quantile
        Tensor Of(double[,] rows, int mode) => tensor(new[] { rows[mode, 0], rows[mode, 1] });
        var clean = first * (Of(Means, 0) + Of(Deviations, 0) * Normal(Count, 2)) + (1 - first) * (Of(Means, 1) + Of(Deviations, 1) * Normal(Count, 2));
        var found = sampler.Sample((x, t) => ExactNoise(x, scheduler.Schedule.AlphaBar[t], means, variances, masses), grid.Steps[0].Noised(clean, Normal(Count, 2)), grid, (_, like) => Normal(like.shape));
        Assert.InRange((found.mean([0L]) - clean.mean([0L])).abs().max().item<double>(), 0, 0.09);
        Assert.Equal(clean.std(0).mean().item<double>(), found.std(0).mean().item<double>(), 0.06);
        Assert.Equal(0.3, (found.sum(1) > 0.75).to(ScalarType.Float64).mean().item<double>(), 0.03);
    }

    [Fact]
    public void Invert_SamplesOfTheMixture_AreNormalAtTheTopAndComeBack()
    {
        using var scope = NewDisposeScope();
        var (schedule, draws) = (NoiseSchedule.Linear(), new Draws("invert"));
        var (means, variances, masses) = (tensor(Means)[..1], tensor(Deviations).square()[..1], ones(1, ScalarType.Float64));
        var clean = means[0] + variances[0].sqrt() * draws.Normal(Count, 2).to(ScalarType.Float64);
        var (flow, grid) = (new FlowSampler(Prediction.Epsilon), StepGrid.Even(schedule, 999, 100));
        Tensor Exact(Tensor x, int t) => ExactNoise(x, schedule.AlphaBar[t], means, variances, masses);
        var top = flow.Invert(Exact, clean, grid);
        Assert.InRange(top.mean([0L]).abs().max().item<double>(), 0, 0.06);
        Assert.InRange((top.std(0) - 1).abs().max().item<double>(), 0, 0.04);
        Agreement.Require(flow.Sample(Exact, top, grid), clean, 0.02);
        // The flow of a Gaussian is affine and keeps the order: no noise was drawn.
        Agreement.Require((top[.., 0] - top[.., 0].mean()) / top[.., 0].std(), (clean[.., 0] - clean[.., 0].mean()) / clean[.., 0].std(), 1e-3);
    }

    [Fact]
    public void Sample_EulerOfTheFlow_IsDdim()
    {
        using var scope = NewDisposeScope();
        var (x, grid) = (new Draws("euler").Normal(3, 4), StepGrid.Even(NoiseSchedule.ScaledLinear(), 999, 20));
        Tensor Denoise(Tensor y, int t) => (0.3 * y + t / 1000.0).tanh();
        Agreement.Require(new FlowSampler(Prediction.Epsilon, Correct: false).Sample(Denoise, x, grid), new DdimSampler(Prediction.Epsilon).Sample(Denoise, x, grid), 1e-5);
    }

    private static ISampler Sampler(string name) => name switch
    {
        "DDIM" => new DdimSampler(Prediction.Epsilon),
        "DDIM, eta 1" => new DdimSampler(Prediction.Epsilon) { Eta = 1 },
        "DDPM" => new DdpmSampler(Prediction.Epsilon),
        "DDPM, large" => new DdpmSampler(Prediction.Epsilon) { Variance = StepVariance.FixedLarge },
        "PNDM" => new PndmSampler(Prediction.Epsilon),
        "DPM 1" => new DpmSolverSampler(Prediction.Epsilon) { Order = 1 },
        "DPM 2" => new DpmSolverSampler(Prediction.Epsilon),
        "DPM 2, Heun" => new DpmSolverSampler(Prediction.Epsilon) { Heun = true },
        "DPM 2, SDE" => new DpmSolverSampler(Prediction.Epsilon) { Stochastic = true },
        "DPM 3" => new DpmSolverSampler(Prediction.Epsilon) { Order = 3 },
        _ => new FlowSampler(Prediction.Epsilon, name == "Heun"),
    };

    // E[x_0 | x] is the mean over modes, by their posterior masses, of each Gaussian's own.
    private static Tensor ExactNoise(Tensor x, double a, Tensor means, Tensor variances, Tensor masses)
    {
        var spread = a * variances + 1 - a;
        var off = x.unsqueeze(1) - Math.Sqrt(a) * means;
        var posterior = (masses.log() - 0.5 * (off.square() / spread + spread.log()).sum(2)).softmax(1);
        var clean = (posterior.unsqueeze(2) * (means + Math.Sqrt(a) * variances / spread * off)).sum(1);
        return (x - Math.Sqrt(a) * clean) / Math.Sqrt(1 - a);
    }
}

using Ddoq.Neural.Diffusion;
using Ddoq.Neural.Networks;
using Ddoq.Theory;
using Ddoq.Theory.Checks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Theory;

/// <summary>
/// T9: the product's samplers with the exact denoiser, from noise variance v_T down to v_delta. On the line the flow is the monotone map F_delta^-1 o F_T; K optimal points of the
/// noised law, carried down, stay within C times their distance W2, C from Gronwall's inequality with the greatest curvature of log p; and two points at -1 and 1 attain the
/// constants of the bounded case.
/// </summary>
internal sealed class ReverseFlowCheck : ITheoryCheck
{
    private const double Start = 0.99, End = 0.05, PairEnd = 0.25; // noise variances 1 - alpha bar
    private const int Steps = 400;

    private static readonly double[] Weights = [0.6, 0.3, 0.1], Means = [-2, 1, 3], Deviations = [0.3, 0.5, 0.2];
    private static readonly ExactDenoiser Mixture = new(Weights, Means, Deviations), Pair = new([0.5, 0.5], [-1, 1], [0, 0]);

    public string Id => "T9";

    public string Claim => "the exact reverse flow of a normal mixture stretches W2 by at most its constant";

    public IEnumerable<CheckRow> Run(CheckContext context) => [.. MonotoneMap(), .. Transport(), .. Constants(context)];

    private IEnumerable<CheckRow> MonotoneMap()
    {
        var (top, bottom) = (Law().Noised(Math.Sqrt(1 - Start), Math.Sqrt(Start)), Law().Noised(Math.Sqrt(1 - End), Math.Sqrt(End)));
        double[] places = [.. Enumerable.Range(1, 99).Select(i => top.Quantile(i / 100.0))];
        double[] expected = [.. Enumerable.Range(1, 99).Select(i => bottom.Quantile(i / 100.0))];
        (string Name, ISampler Sampler, double Tolerance)[] samplers =
        [
            ("Heun", new FlowSampler(Prediction.Epsilon), 2e-3), ("DPM-Solver++ 2M", new DpmSolverSampler(Prediction.Epsilon), 2e-3), ("PNDM", new PndmSampler(Prediction.Epsilon), 1e-2),
        ];
        double Error(ISampler sampler, int steps = Steps) => Flow(Mixture, sampler, places, Start, End, steps).Zip(expected, (a, b) => Math.Abs(a - b)).Max();
        foreach (var (name, sampler, tolerance) in samplers)
            yield return this.Near($"{name}, farthest of 99 quantiles from F_delta^-1(F_T(x))", 0, Error(sampler), tolerance);
        var ddim = new DdimSampler(Prediction.Epsilon);
        yield return this.Near("DDIM, of first order: the same with half the steps over that with all", 2, Error(ddim, Steps / 2) / Error(ddim), 0.15);
    }

    private IEnumerable<CheckRow> Transport()
    {
        var (top, bottom) = (Law().Noised(Math.Sqrt(1 - Start), Math.Sqrt(Start)), Law().Noised(Math.Sqrt(1 - End), Math.Sqrt(End)));
        var constant = Gronwall(Mixture);
        foreach (var count in new[] { 2, 4, 8, 16, 32 })
        {
            var book = LineQuantizer.Optimal(top, count);
            var carried = Flow(Mixture, new FlowSampler(Prediction.Epsilon), book.Points, Start, End);
            yield return this.AtMost($"K={count}, W2 at delta against C W2 at T", constant * Math.Sqrt(book.SquaredDistance), Math.Sqrt(QuantileTransport.SquaredDistance(bottom, carried, book.Weights)), 1e-6);
        }
    }

    private IEnumerable<CheckRow> Constants(CheckContext context)
    {
        const double h = 1e-4;
        var flow = ReverseProcessConstants.ProbabilityFlow(1, PairEnd, Start);
        yield return this.Near("two points, Gronwall with the curvature against the formula", flow, Gronwall(Pair, PairEnd), 2e-3 * flow);
        var ends = Flow(Pair, new FlowSampler(Prediction.Epsilon), [-h, h], Start, PairEnd);
        yield return this.Near("two points, slope of the sampled flow at 0", flow, (ends[1] - ends[0]) / (2 * h), 5e-3 * flow);
        var sde = ReverseProcessConstants.ReverseSdeVariancePreserving(1, PairEnd, Start);
        yield return this.AtMost("two points, greatest stretch of 400 pairs under one noise of DDPM", sde, CoupledStretch(context), 1e-2 * sde);
    }

    private static NormalMixture Law() => new(Weights.Select((w, j) => (w, new NormalDistribution(Means[j], Deviations[j]))));

    private static double[] Flow(ExactDenoiser law, ISampler sampler, double[] points, double from, double to, int steps = Steps)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var even = Grid(from, to, steps);
        // A denoiser knows its level by the index of the step; PNDM takes the first one twice and asks for the second then.
        var grid = sampler is PndmSampler ? Pndm.Repeating(even) : even;
        return sampler.Sample(law.Along(even), tensor(points), grid).data<double>().ToArray();
    }

    // Even in log(signal/noise), where solvers are at their best.
    private static StepGrid Grid(double from, double to, int steps = Steps)
    {
        static double Rate(double variance) => Math.Log((1 - variance) / variance);
        double At(int i) => 1 / (1 + Math.Exp(-(Rate(from) + (Rate(to) - Rate(from)) * i / steps)));
        return new([.. Enumerable.Range(0, steps).Select(i => new NoiseStep(i, At(i), At(i + 1)))], steps);
    }

    // In y = x / sqrt(a) the flow is dy = -(score/2) d(s^2), s^2 = (1 - a)/a: two points part by at most exp of half the integral of the greatest curvature.
    private static double Gronwall(ExactDenoiser law, double end = End)
    {
        var steps = Grid(Start, end).Steps;
        double Level(double a) => (1 - a) / a;
        double Curvature(double a) => a * law.GreatestCurvature(a);
        var exponent = steps.Sum(s => (Curvature(s.From) + Curvature(s.To)) / 2 * (Level(s.From) - Level(s.To))) / 2;
        return Math.Sqrt((1 - end) / (1 - Start)) * Math.Exp(exponent);
    }

    private static double CoupledStretch(CheckContext context)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        const int pairs = 400;
        var (grid, random) = (Grid(Start, PairEnd), context.Seeds.Stream("theory/reverse-flow"));
        var first = tensor(Enumerable.Range(0, pairs).Select(_ => 2 * random.NextDouble() - 1).ToArray());
        var noise = context.Seeds;
        Tensor Step(int i, Tensor like)
        {
            var own = Initialization.Gaussian(noise.Stream("theory/reverse-flow", i + 1), pairs).to(ScalarType.Float64);
            return cat([own, own]);
        }
        var ends = new DdpmSampler(Prediction.Epsilon).Sample(Pair.Along(grid), cat([first, first + 0.1]), grid, Step);
        return ((ends[pairs..] - ends[..pairs]).abs().max() / 0.1).item<double>();
    }
}

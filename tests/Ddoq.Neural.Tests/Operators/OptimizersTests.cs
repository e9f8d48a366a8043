using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Operators;

/// <summary>The optimizers that we use against their recursions, by hand in double precision, and the clipping of gradients.</summary>
public sealed class OptimizersTests
{
    private const int Steps = 12, Size = 33;
    private const double Rate = 0.05, Decay = 0.02;

    // Sutskever et al. 2013 as PyTorch has it: g += wd p; v = m v + g; p -= lr v.
    [Fact]
    public void Sgd_MomentumAndCoupledDecay_FollowsTheRecursion()
    {
        var velocity = new double[Size];
        RequireSteps(p => optim.SGD([p], Rate, 0.9, weight_decay: Decay), (p, g, _, i) =>
        {
            velocity[i] = 0.9 * velocity[i] + g + Decay * p;
            return p - Rate * velocity[i];
        });
    }

    // Loshchilov and Hutter 2019: p -= lr wd p; p -= lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps).
    [Fact]
    public void AdamW_DecoupledDecay_FollowsTheRecursion()
    {
        var (m, v) = (new double[Size], new double[Size]);
        RequireSteps(p => optim.AdamW([p], Rate, weight_decay: Decay), (p, g, t, i) =>
        {
            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] = 0.999 * v[i] + 0.001 * g * g;
            var step = m[i] / (1 - Math.Pow(0.9, t)) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.999, t))) + 1e-8);
            return p * (1 - Rate * Decay) - Rate * step;
        });
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(1e6)]
    public void ClipGradNorm_BothSidesOfTheLimit_ScalesTheWholeGradient(double limit)
    {
        using var scope = NewDisposeScope();
        var draws = new Draws("clip");
        Parameter[] parameters = [new(draws.Normal(3, 5)), new(draws.Normal(7))];
        foreach (var p in parameters) (p.square().sum() * 3).backward(); // the gradient is 6 p
        var norm = Math.Sqrt(parameters.Sum(p => p.grad!.square().sum().item<float>()));
        nn.utils.clip_grad_norm_(parameters, limit);
        foreach (var p in parameters) Agreement.Require(p.grad!, 6 * p * Math.Min(1, limit / norm), 1e-5);
    }

    // Gradients of 1/2 sum a (p - c)^2, so that they change with the parameters.
    private static void RequireSteps(Func<Parameter, optim.Optimizer> create, Func<double, double, int, int, double> next)
    {
        using var scope = NewDisposeScope();
        var draws = new Draws("optimizers");
        var (start, curvature, centre) = (draws.Normal(Size), draws.Normal(Size).square(), draws.Normal(Size));
        var parameter = new Parameter(start.clone());
        using var optimizer = create(parameter);
        var (p, a, c) = (Doubles(start), Doubles(curvature), Doubles(centre));
        for (var t = 1; t <= Steps; t++)
        {
            optimizer.zero_grad();
            (0.5 * curvature * (parameter - centre).square()).sum().backward();
            optimizer.step();
            for (var i = 0; i < Size; i++) p[i] = next(p[i], a[i] * (p[i] - c[i]), t, i);
        }
        Agreement.Require(parameter, tensor(p), 1e-5);
    }

    private static double[] Doubles(Tensor t) => t.to(ScalarType.Float64).data<double>().ToArray();
}

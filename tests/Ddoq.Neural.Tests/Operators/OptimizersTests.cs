using Ddoq.Neural.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Adam = Ddoq.Neural.Training.Adam;

namespace Ddoq.Neural.Tests.Operators;

/// <summary>Our optimizers against their recursions, by hand in double precision, and bit for bit against TorchSharp's; the clipping of gradients.</summary>
public sealed class OptimizersTests
{
    private const int Steps = 12, Size = 33;
    private const double Rate = 0.05, Decay = 0.02;

    // Sutskever et al. 2013 as PyTorch has it: g += wd p; v = m v + g; p -= lr v.
    [Fact]
    public void Sgd_MomentumAndCoupledDecay_FollowsTheRecursion()
    {
        var velocity = new double[Size];
        RequireSteps(p => new Sgd([new([p], Decay)], Rate), (p, g, _, i) =>
        {
            velocity[i] = 0.9 * velocity[i] + g + Decay * p;
            return p - Rate * velocity[i];
        });
    }

    // Kingma and Ba 2015: p -= lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps), after g += wd p; or, decoupled, after p -= lr wd p (Loshchilov and Hutter 2019).
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Adam_EitherDecay_FollowsTheRecursion(bool decoupled)
    {
        var (m, v) = (new double[Size], new double[Size]);
        RequireSteps(p => new Adam([new([p], Decay)], Rate, decoupled), (p, g, t, i) =>
        {
            if (!decoupled) g += Decay * p;
            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] = 0.999 * v[i] + 0.001 * g * g;
            var step = m[i] / (1 - Math.Pow(0.9, t)) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.999, t))) + 1e-8);
            return p * (decoupled ? 1 - Rate * Decay : 1) - Rate * step;
        });
    }

    // Two groups, one without decay; a rate that falls; a parameter that has no gradient in the first step.
    [Theory]
    [InlineData("sgd")]
    [InlineData("adam")]
    [InlineData("adamw")]
    public void Step_EachOptimizer_HasTheBitsOfTorchSharps(string name)
    {
        using var scope = NewDisposeScope();
        Parameter[] ours = Parameters(), theirs = Parameters();
        var (matrices, vectors) = (theirs.Where(p => p.dim() > 1), theirs.Where(p => p.dim() <= 1));
        ParameterGroup[] groups = [new(ours.Where(p => p.dim() > 1), Decay), new(ours.Where(p => p.dim() <= 1))];
        using Optimizer optimizer = name == "sgd" ? new Sgd(groups, Rate) : new Adam(groups, Rate, decoupled: name == "adamw");
        using optim.Optimizer reference = name switch
        {
            "sgd" => optim.SGD([new SGD.ParamGroup(matrices, Rate, 0.9, weight_decay: Decay), new SGD.ParamGroup(vectors, Rate, 0.9)], Rate, 0.9),
            "adam" => optim.Adam([new TorchSharp.Modules.Adam.ParamGroup(matrices, Rate, weight_decay: Decay), new TorchSharp.Modules.Adam.ParamGroup(vectors, Rate)], Rate),
            _ => optim.AdamW([new AdamW.ParamGroup(matrices, Rate, weight_decay: Decay), new AdamW.ParamGroup(vectors, Rate)], Rate),
        };
        for (var step = 0; step < 20; step++)
        {
            optimizer.Rate = Rate / (1 + step);
            foreach (var group in reference.ParamGroups) group.LearningRate = Rate / (1 + step);
            optimizer.ZeroGradients();
            reference.zero_grad();
            Loss(ours, step).backward();
            Loss(theirs, step).backward();
            optimizer.Step();
            reference.step();
            foreach (var (found, expected) in ours.Zip(theirs)) Agreement.RequireSameBits(found, expected, $"step {step + 1}");
        }
        Assert.Equal([20, 19, 20], optimizer.States.Select(s => s.Steps)); // matrices first

        static Parameter[] Parameters()
        {
            var draws = new Draws("bits");
            return [new(draws.Normal(5, 7)), new(draws.Normal(7)), new(draws.Normal(3, 2, 2, 2))];
        }

        static Tensor Loss(Parameter[] p, int step) => (p[0].mv(p[1]).tanh().square().sum() + (step > 0 ? p[2].sin().sum() : 0)) * 3;
    }

    [Fact]
    public void Step_AgainAndAgain_LeavesNothingBehind()
    {
        using var parameter = new Parameter(new Draws("leaks").Normal(4));
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (var optimizer = new Adam([new([parameter], Decay)], Rate, decoupled: false))
            for (var step = 0; step < 3; step++)
            {
                using var scope = NewDisposeScope();
                optimizer.ZeroGradients();
                parameter.sin().sum().backward();
                optimizer.Step();
            }
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
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
    private static void RequireSteps(Func<Parameter, Optimizer> create, Func<double, double, int, int, double> next)
    {
        using var scope = NewDisposeScope();
        var draws = new Draws("optimizers");
        var (start, curvature, centre) = (draws.Normal(Size), draws.Normal(Size).square(), draws.Normal(Size));
        var parameter = new Parameter(start.clone());
        using var optimizer = create(parameter);
        var (p, a, c) = (Doubles(start), Doubles(curvature), Doubles(centre));
        for (var t = 1; t <= Steps; t++)
        {
            optimizer.ZeroGradients();
            (0.5 * curvature * (parameter - centre).square()).sum().backward();
            optimizer.Step();
            for (var i = 0; i < Size; i++) p[i] = next(p[i], a[i] * (p[i] - c[i]), t, i);
        }
        Agreement.Require(parameter, tensor(p), 1e-5);
    }

    private static double[] Doubles(Tensor t) => t.to(ScalarType.Float64).data<double>().ToArray();
}

using static TorchSharp.torch;

namespace Ddoq.Neural.Diffusion;

/// <summary>
/// DPM-Solver++ multistep (Lu et al. 2022b, algorithm 2; order 2 is "2M"): integrates the predicted clean sample over lambda = log(alpha / sigma) exactly
/// but for a polynomial through its last values. <see cref="Stochastic"/> solves the reverse equation with noise instead of the flow.
/// </summary>
/// <param name="Prediction">What the denoiser predicts.</param>
public sealed record DpmSolverSampler(Prediction Prediction) : ISampler
{
    private const int FewSteps = 15; // shorter runs end with lower orders for stability

    /// <summary>1, 2 or 3.</summary>
    public int Order { get; init; } = 2;

    /// <summary>The Heun-like weight of the second-order term instead of the midpoint one. Both are of second order.</summary>
    public bool Heun { get; init; }

    /// <summary>SDE-DPM-Solver++ (orders 1 and 2).</summary>
    public bool Stochastic { get; init; }

    /// <summary>Whether runs of fewer than 15 steps end with lower orders.</summary>
    public bool LowerOrderFinal { get; init; } = true;

    /// <summary>Whether the last step is always of first order; one down to no noise always is.</summary>
    public bool EulerAtFinal { get; init; }

    /// <inheritdoc />
    public bool IsRandom => Stochastic;

    /// <inheritdoc />
    public Tensor Sample(Denoiser denoiser, Tensor start, StepGrid grid, StepNoise? noise = null)
    {
        if (IsRandom) ArgumentNullException.ThrowIfNull(noise);
        using var scope = NewDisposeScope();
        List<Tensor> history = [];
        return SamplerLoop.Run(start, grid.Steps.Count, (x, i) =>
        {
            var step = grid.Steps[i];
            SamplerLoop.Remember(history, Prediction.Clean(x, denoiser(x, step.Timestep), step.From), Order);
            var next = Advance(x, history, grid.Steps, i, OrderAt(grid, i));
            return Stochastic ? next + Math.Sqrt((1 - step.To) * Decay(step, 2)) * noise!(i, x) : next;
        }).MoveToOuterDisposeScope();
    }

    private int OrderAt(StepGrid grid, int i)
    {
        var (left, few) = (grid.Steps.Count - 1 - i, LowerOrderFinal && grid.Planned < FewSteps);
        if (left == 0 && (EulerAtFinal || few || grid.Steps[i].To == 1)) return 1;
        var order = Math.Min(Order, i + 1);
        return left == 1 && few ? Math.Min(order, 2) : order;
    }

    private Tensor Advance(Tensor x, List<Tensor> m, IReadOnlyList<NoiseStep> steps, int i, int order)
    {
        var step = steps[i];
        var (h, gain) = (Length(step), Math.Sqrt(step.To) * Decay(step, Stochastic ? 2 : 1));
        var kept = Math.Sqrt((1 - step.To) / (1 - step.From)) * (Stochastic ? Math.Exp(-h) : 1);
        var next = kept * x + gain * m[^1];
        if (order == 1) return next;
        var near = h / Length(Between(steps, i)) * (m[^1] - m[^2]);
        if (order == 2) return next + SecondWeight(step, h, gain) * near;
        return next + ThirdOrder(m, steps, i, near);
    }

    private double SecondWeight(NoiseStep step, double h, double gain)
    {
        if (!Heun) return gain / 2;
        var rate = Stochastic ? 2 * h : h;
        return Math.Sqrt(step.To) * (Math.Exp(-rate) - 1 + rate) / rate;
    }

    private static Tensor ThirdOrder(List<Tensor> m, IReadOnlyList<NoiseStep> steps, int i, Tensor near)
    {
        var h = Length(steps[i]);
        var (r0, r1) = (Length(Between(steps, i)) / h, Length(Between(steps, i - 1)) / h);
        var bend = near - (m[^2] - m[^3]) / r1;
        var first = near + r0 / (r0 + r1) * bend;
        var second = bend / (r0 + r1);
        return Math.Sqrt(steps[i].To) * ((Math.Exp(-h) - 1 + h) / h * first - ((Math.Exp(-h) - 1 + h) / (h * h) - 0.5) * second);
    }

    private static NoiseStep Between(IReadOnlyList<NoiseStep> steps, int i) => new(steps[i].Timestep, steps[i - 1].From, steps[i].From);

    private static double Length(NoiseStep step) => Math.Log(step.SigmaFrom / step.SigmaTo);

    private static double Decay(NoiseStep step, double rate) => 1 - Math.Exp(-rate * Length(step));
}

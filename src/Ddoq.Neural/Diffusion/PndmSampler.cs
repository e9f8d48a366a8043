using static TorchSharp.torch;

namespace Ddoq.Neural.Diffusion;

/// <summary>
/// Pseudo linear multistep (Liu et al. 2022, eq. 11 and 12): a fourth-order Adams-Bashforth average of the last predictions takes a DDIM step. The order
/// rises over the first four steps. The grid's second step repeats the first (<see cref="Pndm.Grid"/>), with the mean of both predictions.
/// </summary>
/// <param name="Prediction">What the denoiser predicts.</param>
public sealed record PndmSampler(Prediction Prediction) : ISampler
{
    /// <summary>Number of steps at the beginning that are quarters of pseudo Runge-Kutta steps (Liu et al. 2022, eq. 13); 0 by default, as Stable Diffusion skips them.</summary>
    public int RungeKuttaSteps { get; init; }

    /// <inheritdoc />
    public bool IsRandom => false;

    /// <inheritdoc />
    public Tensor Sample(Denoiser denoiser, Tensor start, StepGrid grid, StepNoise? noise = null)
    {
        using var scope = NewDisposeScope();
        var (history, origin) = (new List<Tensor>(), start.alias());
        List<Tensor> quarters = [];
        return SamplerLoop.Run(start, grid.Steps.Count, (x, i) =>
        {
            var predicted = denoiser(x, grid.Steps[i].Timestep);
            if (i < RungeKuttaSteps) return Quarter(x, predicted, i, grid.Steps[i]);
            if (i == 1) return Transfer(origin, (predicted + history[^1]) / 2, grid.Steps[i]);
            SamplerLoop.Remember(history, predicted, 4);
            return Transfer(x, AdamsBashforth(history), grid.Steps[i]);
        }).MoveToOuterDisposeScope();

        Tensor Quarter(Tensor x, Tensor predicted, int i, NoiseStep step)
        {
            SamplerLoop.Remember(quarters, predicted, 4);
            if (i % 4 == 0)
            {
                SamplerLoop.Remember(history, predicted, 4);
                origin = x.alias().MoveToOuterDisposeScope();
            }
            return Transfer(origin, i % 4 == 3 ? (quarters[0] + 2 * quarters[1] + 2 * quarters[2] + quarters[3]) / 6 : predicted, step);
        }
    }

    private static Tensor AdamsBashforth(List<Tensor> e) => e.Count switch
    {
        1 => e[0],
        2 => (3 * e[1] - e[0]) / 2,
        3 => (23 * e[2] - 16 * e[1] + 5 * e[0]) / 12,
        _ => (55 * e[3] - 59 * e[2] + 37 * e[1] - 9 * e[0]) / 24,
    };

    private Tensor Transfer(Tensor x, Tensor predicted, NoiseStep step) =>
        Math.Sqrt(step.To) * Prediction.Clean(x, predicted, step.From) + Math.Sqrt(1 - step.To) * Prediction.Noise(x, predicted, step.From);
}

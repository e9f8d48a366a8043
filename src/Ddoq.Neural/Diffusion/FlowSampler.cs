using static TorchSharp.torch;

namespace Ddoq.Neural.Diffusion;

/// <summary>
/// Probability flow by Heun's method (Karras et al. 2022, algorithm 1): y = x / sqrt(alpha bar) moves along dy/dsigma = predicted noise, each step
/// corrected by the slope at its end, so nearly two calls of the denoiser a step. Without the correction it is Euler's method, which equals DDIM with eta 0.
/// </summary>
/// <param name="Prediction">What the denoiser predicts.</param>
/// <param name="Correct">Heun's correction; false is Euler's method.</param>
public sealed record FlowSampler(Prediction Prediction, bool Correct = true) : ISampler
{
    /// <inheritdoc />
    public bool IsRandom => false;

    /// <inheritdoc />
    public Tensor Sample(Denoiser denoiser, Tensor start, StepGrid grid, StepNoise? noise = null) =>
        SamplerLoop.Run(start, grid.Steps.Count, (x, i) =>
        {
            var step = grid.Steps[i];
            var slope = Prediction.Noise(x, denoiser(x, step.Timestep), step.From);
            var next = Move(x, slope, step);
            if (!Correct || i + 1 == grid.Steps.Count) return next;
            var end = Prediction.Noise(next, denoiser(next, grid.Steps[i + 1].Timestep), step.To);
            return Move(x, (slope + end) / 2, step);
        });

    /// <summary>The way up: carries clean samples along the flow to the first level of the grid, by Heun's method through its levels in reverse.</summary>
    /// <param name="denoiser">Unguided, or the way back differs from this one.</param>
    /// <param name="clean">At no noise.</param>
    /// <param name="grid">Down to no noise.</param>
    public Tensor Invert(Denoiser denoiser, Tensor clean, StepGrid grid) => SamplerLoop.Run(clean, grid.Steps.Count, (x, i) =>
    {
        var at = grid.Steps.Count - 1 - i;
        var step = grid.Steps[at];
        var up = new NoiseStep(step.Timestep, step.To, step.From);
        var below = at + 1 < grid.Steps.Count ? grid.Steps[at + 1].Timestep : 0;
        var slope = Prediction.Noise(x, denoiser(x, below), up.From);
        var next = Move(x, slope, up);
        return Move(x, (slope + Prediction.Noise(next, denoiser(next, step.Timestep), up.To)) / 2, up);
    });

    private static Tensor Move(Tensor x, Tensor slope, NoiseStep step) =>
        Math.Sqrt(step.To) * (x / Math.Sqrt(step.From) + (step.SigmaTo - step.SigmaFrom) * slope);
}

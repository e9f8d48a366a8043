using static TorchSharp.torch;

namespace Ddoq.Neural.Diffusion;

/// <summary>
/// DDIM (Song et al. 2021, eq. 12 and 16): deterministic for <see cref="Eta"/> 0, where it is also Euler's method for the probability flow in
/// x / sqrt(alpha bar) over sigma; as random as DDPM for 1.
/// </summary>
/// <param name="Prediction">What the denoiser predicts.</param>
public sealed record DdimSampler(Prediction Prediction) : ISampler
{
    /// <summary>Share of the DDPM noise, 0 to 1.</summary>
    public double Eta { get; init; }

    /// <summary>Bound on the absolute value of the predicted clean sample; none by default.</summary>
    public double? Clip { get; init; }

    /// <inheritdoc />
    public bool IsRandom => Eta > 0;

    /// <inheritdoc />
    public Tensor Sample(Denoiser denoiser, Tensor start, StepGrid grid, StepNoise? noise = null)
    {
        if (IsRandom) ArgumentNullException.ThrowIfNull(noise);
        return SamplerLoop.Run(start, grid.Steps.Count, (x, i) =>
        {
            var step = grid.Steps[i];
            var predicted = denoiser(x, step.Timestep);
            var clean = Prediction.Clean(x, predicted, step.From).Clipped(Clip);
            var direction = Prediction.Noise(x, predicted, step.From);
            var deviation = Eta * Math.Sqrt((1 - step.To) / (1 - step.From) * (1 - step.From / step.To));
            var mean = Math.Sqrt(step.To) * clean + Math.Sqrt(Math.Max(0, 1 - step.To - deviation * deviation)) * direction;
            return IsRandom ? mean + deviation * noise!(i, x) : mean;
        });
    }
}

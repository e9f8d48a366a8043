using static TorchSharp.torch;

namespace Ddoq.Neural.Diffusion;

/// <summary>Variance of a reverse step.</summary>
public enum StepVariance
{
    /// <summary>That of the posterior q(x_s | x_t, x_0).</summary>
    FixedSmall,

    /// <summary>beta_t.</summary>
    FixedLarge,

    /// <summary>Between the two in log space, by the second half of the denoiser's channels (Nichol and Dhariwal 2021, eq. 15), as DiT does.</summary>
    Learned,
}

/// <summary>Ancestral sampling (Ho et al. 2020, algorithm 2), on every timestep or on a respaced part of them (Nichol and Dhariwal 2021).</summary>
/// <param name="Prediction">What the denoiser predicts; with <see cref="StepVariance.Learned"/>, in the first half of its channels.</param>
public sealed record DdpmSampler(Prediction Prediction) : ISampler
{
    private const double Least = 1e-20; // a variance whose logarithm is still a number

    /// <summary>Variance of each step; <see cref="StepVariance.FixedSmall"/> by default.</summary>
    public StepVariance Variance { get; init; }

    /// <summary>Bound on the absolute value of the predicted clean sample; none by default.</summary>
    public double? Clip { get; init; }

    /// <inheritdoc />
    public bool IsRandom => true;

    /// <inheritdoc />
    public Tensor Sample(Denoiser denoiser, Tensor start, StepGrid grid, StepNoise? noise = null)
    {
        ArgumentNullException.ThrowIfNull(noise);
        return SamplerLoop.Run(start, grid.Steps.Count, (x, i) =>
        {
            var step = grid.Steps[i];
            var output = denoiser(x, step.Timestep);
            var learned = Variance == StepVariance.Learned;
            var predicted = learned ? output.narrow(1, 0, x.shape[1]) : output;
            var mean = PosteriorMean(x, Prediction.Clean(x, predicted, step.From).Clipped(Clip), step);
            if (step.Timestep == 0 || (learned && step.To == 1)) return mean; // a learned variance has no limit at no noise
            return learned ? mean + LearnedDeviation(output.narrow(1, x.shape[1], x.shape[1]), step) * noise(i, x) : mean + FixedDeviation(step) * noise(i, x);
        });
    }

    private static Tensor PosteriorMean(Tensor x, Tensor clean, NoiseStep step) => step.PosteriorOfClean * clean + step.PosteriorOfNoised * x;

    private double FixedDeviation(NoiseStep step) => Math.Sqrt(Variance == StepVariance.FixedLarge ? step.Beta : Posterior(step));

    private static Tensor LearnedDeviation(Tensor share, NoiseStep step)
    {
        var (small, large) = (Math.Log(Posterior(step)), Math.Log(step.Beta));
        return (0.5 * ((share + 1) * ((large - small) / 2) + small)).exp();
    }

    private static double Posterior(NoiseStep step) => Math.Max(Least, step.PosteriorVariance);
}

using static TorchSharp.torch;

namespace Ddoq.Neural.Diffusion;

/// <summary>The terms of one training step of a denoiser that learns its variance; each N, mean over all of a sample's numbers.</summary>
/// <param name="Square">Squared error of the predicted noise.</param>
/// <param name="Bound">Term of the variational bound in bits: it teaches the variance alone.</param>
public readonly record struct DiffusionTerms(Tensor Square, Tensor Bound)
{
    /// <summary>Their sum, DiT's loss.</summary>
    public Tensor Loss => Square + Bound;
}

/// <summary>A Gaussian on the way back: mean, log variance and the clean sample that it stands for.</summary>
public readonly record struct ReverseGaussian(Tensor Mean, Tensor LogVariance, Tensor Clean);

/// <summary>The hybrid loss of improved diffusion (Nichol and Dhariwal 2021, eq. 16, weight of the bound 1 as DiT has it), on a grid of all or of some timesteps.</summary>
/// <param name="grid">Steps down to no noise; a sample is at the From of its step.</param>
public sealed class DiffusionLoss(StepGrid grid)
{
    /// <summary>Terms of a batch.</summary>
    /// <param name="output">N x 2C x H x W: predicted noise, then the place of the log variance between its bounds, -1 to 1.</param>
    /// <param name="clean">N x C x H x W.</param>
    /// <param name="noise">What was added to it.</param>
    /// <param name="steps">Index into the grid of each sample, counted from the last step: 0 is the least noise.</param>
    public DiffusionTerms Terms(Tensor output, Tensor clean, Tensor noise, IReadOnlyList<int> steps)
    {
        var channels = clean.shape[1];
        var noised = Noised(clean, noise, steps);
        var predicted = output.narrow(1, 0, channels);
        // The bound must not teach the mean.
        var frozen = cat([predicted.detach(), output.narrow(1, channels, channels)], 1);
        return new(PerSample((noise - predicted).square()), Bound(frozen, clean, noised, steps));
    }

    /// <summary>sqrt(a) clean + sqrt(1 - a) noise at each sample's level.</summary>
    public Tensor Noised(Tensor clean, Tensor noise, IReadOnlyList<int> steps) => Each(steps, s => Math.Sqrt(s.From)) * clean + Each(steps, s => Math.Sqrt(1 - s.From)) * noise;

    /// <summary>p(x_s | x_t) as the network has it.</summary>
    public ReverseGaussian Model(Tensor output, Tensor noised, IReadOnlyList<int> steps)
    {
        var channels = noised.shape[1];
        var clean = Each(steps, s => Math.Sqrt(1 / s.From)) * noised - Each(steps, s => Math.Sqrt(1 / s.From - 1)) * output.narrow(1, 0, channels);
        var share = (output.narrow(1, channels, channels) + 1) / 2;
        var logVariance = share * Each(steps, s => Math.Log(s.Beta)) + (1 - share) * Each(steps, s => Math.Log(PosteriorVariance(s)));
        return new(PosteriorMean(clean, noised, steps), logVariance, clean);
    }

    /// <summary>q(x_s | x_t, x_0), the mean and variance that the clean sample gives. The last step has the variance of the one before, for its own is 0.</summary>
    public ReverseGaussian Posterior(Tensor clean, Tensor noised, IReadOnlyList<int> steps) =>
        new(PosteriorMean(clean, noised, steps), Each(steps, s => Math.Log(PosteriorVariance(s))).expand_as(clean), clean);

    // KL of the two in bits; at the last step, how well the model codes values of 8 bits.
    private Tensor Bound(Tensor output, Tensor clean, Tensor noised, IReadOnlyList<int> steps)
    {
        var (exact, model) = (Posterior(clean, noised, steps), Model(output, noised, steps));
        var divergence = 0.5 * (-1 + model.LogVariance - exact.LogVariance + (exact.LogVariance - model.LogVariance).exp() + (exact.Mean - model.Mean).square() * (-model.LogVariance).exp());
        var code = -DiscreteLogLikelihood(clean, model.Mean, 0.5 * model.LogVariance);
        var last = tensor(steps.Select(s => s == 0).ToArray());
        return where(last, PerSample(code), PerSample(divergence)) / Math.Log(2);
    }

    // Mass of the normal distribution on the bin of width 2/255 around each value; the outermost bins reach to infinity.
    private static Tensor DiscreteLogLikelihood(Tensor x, Tensor means, Tensor logScales)
    {
        const double half = 1.0 / 255, edge = 0.999, least = 1e-12;
        var (off, inverse) = (x - means, (-logScales).exp());
        var (above, below) = (Cumulative(inverse * (off + half)), Cumulative(inverse * (off - half)));
        var (low, high) = (above.clamp_min(least).log(), (1 - below).clamp_min(least).log());
        return where(x.lt(-edge), low, where(x.gt(edge), high, (above - below).clamp_min(least).log()));
    }

    // The tanh approximation that the published code has.
    private static Tensor Cumulative(Tensor x) => 0.5 * (1 + (Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x.pow(3))).tanh());

    private Tensor PosteriorMean(Tensor clean, Tensor noised, IReadOnlyList<int> steps) =>
        Each(steps, s => s.PosteriorOfClean) * clean + Each(steps, s => s.PosteriorOfNoised) * noised;

    private double PosteriorVariance(NoiseStep step) => (step.To == 1 && grid.Steps.Count > 1 ? grid.Steps[^2] : step).PosteriorVariance;

    // N x 1 x 1 x 1
    private Tensor Each(IReadOnlyList<int> steps, Func<NoiseStep, double> of) => tensor(steps.Select(s => (float)of(grid.Steps[grid.Steps.Count - 1 - s])).ToArray()).view(-1, 1, 1, 1);

    private static Tensor PerSample(Tensor x) => x.flatten(1).mean([1L]);
}

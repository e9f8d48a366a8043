using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Theory.Checks;

/// <summary>The parts of the product that the checks examine.</summary>
internal sealed record CheckSubjects
{
    /// <summary>Optimal quantizer of a distribution on the line.</summary>
    public Func<ILineDistribution, int, LineCodebook> Optimal { get; init; } = LineQuantizer.Optimal;

    /// <summary>Equal-weight optimum of a distribution on the line.</summary>
    public Func<ILineDistribution, int, LineCodebook> Balanced { get; init; } = LineQuantizer.Balanced;

    /// <summary>Quantizer of samples.</summary>
    public Func<SampleMatrix, QuantizerOptions, SeedSequence, int, ClassCodebook> Fit { get; init; } = FitClass;

    /// <summary>W2^2 between two discrete measures.</summary>
    public Func<Samples, Samples, double> Transport { get; init; } = Wasserstein.Squared;

    /// <summary>Constant of the probability flow: radius, end variance, start variance.</summary>
    public Func<double, double, double, double> ProbabilityFlow { get; init; } = ReverseProcessConstants.ProbabilityFlow;

    /// <summary>Constant of the reverse SDE: radius, end variance, start variance.</summary>
    public Func<double, double, double, double> ReverseSde { get; init; } = ReverseProcessConstants.ReverseSde;

    /// <summary>A mixture after noise: signal factor, standard deviation.</summary>
    public Func<NormalMixture, double, double, NormalMixture> Noised { get; init; } = (mixture, signal, noise) => mixture.Noised(signal, noise);

    private static ClassCodebook FitClass(SampleMatrix samples, QuantizerOptions options, SeedSequence seeds, int threads) =>
        options.Algorithm == QuantizerAlgorithm.Clvq ? new ClvqQuantizer(options, threads).Fit(samples, seeds, 0) : new LloydQuantizer(options, threads).Fit(samples, seeds, 0);
}

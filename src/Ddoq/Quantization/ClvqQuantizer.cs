using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>
/// Competitive learning vector quantization: stochastic gradient descent on the distortion, one sample at a time in a seeded order, then one exact assignment.
/// It is inherently sequential; threads share only the start and the last pass. Time O(N K D) per pass; memory K x D float64 beside the assignment.
/// </summary>
/// <param name="options">Options; <see cref="QuantizerOptions.MaxIterations"/> and <see cref="QuantizerOptions.Tolerance"/> are not used.</param>
/// <param name="threads">Threads to use, 0 for all processors; the result does not depend on it.</param>
public sealed class ClvqQuantizer(QuantizerOptions options, int threads = 1) : IQuantizer
{
    private readonly int _threads = FixedBlocks.Threads(threads);

    /// <inheritdoc />
    public string Name => "clvq";

    /// <inheritdoc />
    public ClassCodebook Fit(Samples samples, SeedSequence seeds, int classIndex, CancellationToken cancellation = default)
    {
        var fit = new ClassFit(samples, options, seeds, classIndex, _threads);
        return fit.Best(restart => Run(fit, restart, cancellation));
    }

    private ClassFit.Outcome Run(ClassFit fit, int restart, CancellationToken cancellation)
    {
        var learner = new CompetitiveLearner(fit.Start(restart), fit.Samples.Dimension, options.StepSize);
        for (var pass = 0; pass < options.Passes; pass++)
        {
            cancellation.ThrowIfCancellationRequested();
            Learn(learner, fit.Samples, fit.Order(restart, pass));
        }
        return fit.Finish(new NearestSearch(fit.Centred, BoundKind.None), learner.Positions.ToArray(), options.Passes, learner.Weights());
    }

    private static void Learn(CompetitiveLearner learner, Samples samples, int[] order)
    {
        var scale = samples.Weights.IsEmpty ? 1 : samples.Count / samples.TotalWeight;
        var x = new double[samples.Dimension];
        foreach (var i in order)
        {
            samples.Read(i, 0, x);
            learner.Learn(x, scale * samples.WeightOf(i));
        }
    }
}

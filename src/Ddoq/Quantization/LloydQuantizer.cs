using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>
/// Lloyd's algorithm (1957, 1982): centroids become the means of their cells until no assignment changes or they hardly move. The distortion never rises
/// between steps. Time O(N K D) per step; memory K x D float64 beside the assignment.
/// </summary>
/// <param name="options">Options; <see cref="QuantizerOptions.Passes"/> and <see cref="QuantizerOptions.StepSize"/> are not used.</param>
/// <param name="threads">Threads to use, 0 for all processors; the result does not depend on it.</param>
public sealed class LloydQuantizer(QuantizerOptions options, int threads = 1) : IQuantizer
{
    private readonly int _threads = FixedBlocks.Threads(threads);

    /// <inheritdoc />
    public string Name => "lloyd";

    /// <inheritdoc />
    public ClassCodebook Fit(Samples samples, SeedSequence seeds, int classIndex, CancellationToken cancellation = default)
    {
        var fit = new ClassFit(samples, options, seeds, classIndex, _threads);
        return fit.Best(restart => Run(fit, restart, cancellation));
    }

    private ClassFit.Outcome Run(ClassFit fit, int restart, CancellationToken cancellation)
    {
        var centroids = fit.Start(restart);
        var run = new LloydRun(new NearestSearch(fit.Centred), centroids, options);
        run.Settle(cancellation);
        return fit.Finish(run.Search, centroids, run.Iterations);
    }
}

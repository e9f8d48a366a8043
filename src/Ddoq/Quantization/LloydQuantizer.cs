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
    public ClassCodebook Fit(SampleMatrix samples, SeedSequence seeds, int classIndex, CancellationToken cancellation = default)
    {
        var fit = new ClassFit(samples, options, seeds, classIndex, _threads);
        return fit.Best(restart => Run(fit, restart, cancellation));
    }

    private ClassFit.Outcome Run(ClassFit fit, int restart, CancellationToken cancellation)
    {
        var centroids = fit.Start(restart);
        var assignment = new VoronoiAssignment(fit.Samples, fit.Count, _threads);
        var step = new LloydStep(fit.Samples, assignment, centroids, _threads);
        var tolerance = options.Tolerance * MeanVariance(fit.Samples);
        var iteration = 0;
        var settled = false;
        while (!settled && iteration < options.MaxIterations)
        {
            cancellation.ThrowIfCancellationRequested();
            iteration++;
            var shift = step.Advance();
            settled = step.AssignmentUnchanged || shift <= tolerance;
        }
        return new ClassFit.Outcome(centroids, fit.Finish(assignment, centroids), iteration);
    }

    // The scale of the data, which makes the tolerance a relative one. Welford's update (1962): no cancellation, whatever the mean.
    private static double MeanVariance(SampleMatrix samples)
    {
        var d = samples.Dimension;
        double mass = 0, total = 0;
        double[] mean = new double[d], square = new double[d];
        for (var i = 0; i < samples.Count; i++)
        {
            double w = samples.WeightOf(i);
            if (w == 0) continue;
            var x = samples.Row(i);
            var (share, spread) = (w / (mass + w), w * mass / (mass + w));
            mass += w;
            for (var j = 0; j < d; j++)
            {
                var delta = x[j] - mean[j];
                mean[j] += share * delta;
                square[j] += spread * delta * delta;
            }
        }
        for (var j = 0; j < d; j++) total += square[j];
        return total / mass / d;
    }
}

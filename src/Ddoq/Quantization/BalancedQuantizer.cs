using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>
/// Balanced (capacity-constrained) k-means: the best K points that carry equal weights 1/K, the free-support barycentre of the samples (Cuturi and Doucet 2014). Alternates
/// the cheapest distribution of the samples over the centroids, N/K each, with means of what each centroid received, until the cost settles; it never rises. A sample
/// is split where N/K asks for it. In the codebook weights are 1/K; a sample counts for the centroid that takes its largest share, so that counts are N/K each where
/// that is whole; distortion and local distortion are those of this transport, so that W2 is the distance of the equal-weight points, and
/// <see cref="ClassCodebook.VoronoiDistortion"/> is what the same points cost with Voronoi weights. Time per step: that of the transport, see
/// <see cref="TransportMethod"/>.
/// </summary>
/// <param name="options">Options; <see cref="QuantizerOptions.Passes"/>, <see cref="QuantizerOptions.StepSize"/> and <see cref="QuantizerOptions.Masses"/> are not used.</param>
/// <param name="threads">Threads to use, 0 for all processors; the result does not depend on it.</param>
public sealed class BalancedQuantizer(QuantizerOptions options, int threads = 1) : IQuantizer
{
    private readonly int _threads = FixedBlocks.Threads(threads);

    /// <inheritdoc />
    public string Name => "balanced";

    /// <inheritdoc />
    public ClassCodebook Fit(Samples samples, SeedSequence seeds, int classIndex, CancellationToken cancellation = default)
    {
        var fit = new ClassFit(samples, options, seeds, classIndex, _threads);
        return fit.Best(restart => Run(fit, restart, cancellation));
    }

    private ClassFit.Outcome Run(ClassFit fit, int restart, CancellationToken cancellation)
    {
        var planner = new EqualWeightPlanner(options.Transport, _threads);
        var centroids = fit.Start(restart);
        var plan = planner.Find(fit.Samples, centroids, null, cancellation);
        var enough = options.Tolerance * SampleSpread.Of(fit.Centred) / fit.Samples.Dimension;
        var iteration = 0;
        for (var settled = false; !settled && iteration < options.MaxIterations; iteration++)
        {
            var before = centroids;
            centroids = plan.Means(fit.Samples);
            plan = planner.Find(fit.Samples, centroids, plan, cancellation);
            settled = DistanceKernel.SquaredDistance(before, centroids) <= enough;
        }
        return Round(fit, planner, centroids, plan, iteration, cancellation);
    }

    // The plan belongs to the points that are handed out, which are float32.
    private ClassFit.Outcome Round(ClassFit fit, EqualWeightPlanner planner, double[] centroids, EqualWeightPlan plan, int iterations, CancellationToken cancellation)
    {
        var rounded = Array.ConvertAll(centroids, v => (float)v);
        var last = planner.Find(fit.Samples, Array.ConvertAll(rounded, v => (double)v), plan, cancellation);
        return new ClassFit.Outcome(rounded, VoronoiAssignment.Of(fit.Samples, rounded, _threads), iterations, Plan: last);
    }
}

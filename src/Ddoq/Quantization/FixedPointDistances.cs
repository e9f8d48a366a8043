namespace Ddoq.Quantization;

/// <summary>From fixed-point numbers of 16 bits: half of what float32 takes to read, and fewer operations.</summary>
internal sealed class FixedPointDistances : QuickDistances
{
    private readonly FixedPointRows _samples;
    private readonly FixedPointRows _centroids;
    private readonly MovedPoints _moved;

    /// <param name="samples">Samples.</param>
    /// <param name="centroids">The centroids, shifted like the samples.</param>
    /// <param name="count">K.</param>
    public FixedPointDistances(FixedPointRows samples, MovedPoints centroids, int count) : base(count)
    {
        (_samples, _moved) = (samples, centroids);
        _centroids = new FixedPointRows(centroids, count, samples.Step);
    }

    /// <inheritdoc />
    protected override void Take(int centroid) => _centroids.Take(centroid, _moved.SquaredNorm(centroid));

    /// <inheritdoc />
    public override (float Lower, float Upper) Bounds(int sample, int centroid, float[] buffer)
    {
        var distance = _samples.Step * Math.Sqrt(DistanceKernel.SquaredDistance(_samples[sample], _centroids[centroid]));
        return Around(distance, 1e-12 * distance + _samples.ErrorOf(sample) + _centroids.ErrorOf(centroid));
    }
}

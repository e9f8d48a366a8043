namespace Ddoq.Quantization;

/// <summary>From float32: the centroid and, where it holds more digits, the sample are rounded once.</summary>
internal sealed class FloatDistances : QuickDistances
{
    // With room for second-order terms.
    private const double Rounding = 1.01 * DistanceKernel.Rounding;

    // Of a squared difference that is too small for float32.
    private const double Vanishing = float.Epsilon;

    private readonly CentredSamples _samples;
    private readonly double[] _centroids;
    private readonly FloatRows _rounded;
    private readonly double[] _errors;
    private readonly double _sampleError;

    /// <param name="samples">Samples.</param>
    /// <param name="centroids">K x D; held.</param>
    public FloatDistances(CentredSamples samples, double[] centroids) : base(centroids.Length / samples.Dimension)
    {
        (_samples, _centroids) = (samples, centroids);
        _rounded = new FloatRows(Count, samples.Dimension);
        _errors = new double[Count];
        _sampleError = Rounding * (Math.Sqrt(samples.SquaredNorms.Max()) + Math.Sqrt(DistanceKernel.SquaredNorm(samples.Shift))) + Math.Sqrt(Vanishing * samples.Dimension);
    }

    /// <inheritdoc />
    protected override void Take(int centroid)
    {
        Widening.Narrow(_centroids.AsSpan(centroid * _samples.Dimension, _samples.Dimension), _rounded[centroid]);
        _errors[centroid] = Rounding * Math.Sqrt(DistanceKernel.SquaredNorm(_rounded[centroid]));
    }

    /// <inheritdoc />
    public override (float Lower, float Upper) Bounds(int sample, int centroid, float[] buffer)
    {
        var distance = Math.Sqrt(_samples.Source.NearlySquaredDistance(sample, _rounded[centroid], buffer));
        return Around(distance, DistanceKernel.NearlyError * distance + _sampleError + _errors[centroid]);
    }
}

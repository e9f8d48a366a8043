namespace Ddoq.Quantization;

/// <summary>Squared distances of samples to centroids in float64, computed where they are asked for. Safe from several threads.</summary>
/// <param name="samples">N x D.</param>
/// <param name="centroids">K x D.</param>
internal sealed class PairCosts(Samples samples, double[] centroids)
{
    public Samples Samples => samples;

    /// <summary>K.</summary>
    public int Count { get; } = centroids.Length / samples.Dimension;

    /// <summary>Fills in K squared distances of one sample.</summary>
    /// <param name="row">Sample.</param>
    /// <param name="buffer">Work space for D numbers.</param>
    /// <param name="costs">K results.</param>
    public void Read(int row, double[] buffer, Span<double> costs)
    {
        samples.Read(row, 0, buffer);
        for (var k = 0; k < costs.Length; k++) costs[k] = DistanceKernel.SquaredDistance(buffer, centroids.AsSpan(k * buffer.Length, buffer.Length));
    }
}

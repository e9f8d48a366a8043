namespace Ddoq.Quantization;

/// <summary>Samples and centroids of many dimensions, contracted to few: a centroid that is too far from a sample there is too far.</summary>
internal sealed class Sketch
{
    // A tenth of all distances takes as long, one by one, as all of them in blocks.
    private const double LargestLeft = 0.1;

    private const int Probes = 64;

    // Numbers of all samples: with fewer, finding directions takes longer than all searches that they shorten.
    private const long FewestNumbers = 2 << 20;

    private readonly CentredSamples _samples;
    private readonly double[] _centroids;
    private readonly Contraction _contraction;

    private Sketch(CentredSamples samples, double[] centroids, Contraction contraction)
    {
        (_samples, _centroids, _contraction) = (samples, centroids, contraction);
        var moved = new MovedPoints(centroids, samples.Shift);
        Centroids = new ContractedRows(contraction, moved, moved.SquaredNorm, centroids.Length / samples.Dimension, samples.Threads);
    }

    /// <summary>The samples.</summary>
    public ContractedRows Samples => _samples.Contractions.Rows(_contraction);

    /// <summary>The centroids, as of when they were filled in.</summary>
    public ContractedRows Centroids { get; }

    /// <summary>The sketch of all samples where it saves more than it costs for these centroids; else null.</summary>
    /// <param name="samples">Samples.</param>
    /// <param name="centroids">K x D; held.</param>
    /// <param name="always">Whether to make one without weighing what it saves.</param>
    public static Sketch? Of(CentredSamples samples, double[] centroids, bool always)
    {
        if (!always && (long)samples.Count * samples.Dimension < FewestNumbers) return null;
        if (samples.Contractions.For(centroids.Length / samples.Dimension, always) is not { } contraction) return null;
        var sketch = new Sketch(samples, centroids, contraction);
        sketch.Take(_ => true);
        return always || sketch.Left() <= LargestLeft ? sketch : null;
    }

    /// <summary>Contracts the centroids that moved.</summary>
    public void Take(Func<int, bool> moved) => Centroids.Fill(moved);

    /// <inheritdoc cref="Contraction.ErrorFor" />
    public double ErrorFor(double squaredNorm, CentroidPanels images) => _contraction.ErrorFor(squaredNorm, images);

    // The share of distances that bounds leave to compute, tried on a few samples: those within reach of the likeliest centroid.
    private double Left()
    {
        var probes = Math.Min(Probes, _samples.Count);
        var chosen = new ChosenRows(_samples, [.. Enumerable.Range(0, probes).Select(p => (int)((long)p * _samples.Count / probes))]);
        var images = new ContractedRows(_contraction, chosen, chosen.SquaredNorm, probes, _samples.Threads);
        images.Fill();
        var (left, bounds, buffer) = (0L, new double[Centroids.Count], new double[_samples.Dimension]);
        for (var p = 0; p < probes; p++)
        {
            for (var k = 0; k < bounds.Length; k++) bounds[k] = DistanceKernel.SquaredDistance(images[p], Centroids[k]);
            var likeliest = Array.IndexOf(bounds, bounds.Min());
            var reach = _samples.Source.SquaredDistance(chosen.Source(p), _centroids.AsSpan(likeliest * _samples.Dimension, _samples.Dimension), buffer);
            left += bounds.Count(b => b <= reach) - 1;
        }
        return (double)left / (probes * (long)bounds.Length);
    }
}

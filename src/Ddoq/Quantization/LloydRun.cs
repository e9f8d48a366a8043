namespace Ddoq.Quantization;

/// <summary>Lloyd's iterations from one start, and the exchange after them.</summary>
/// <param name="search">Search over the samples.</param>
/// <param name="centroids">K x D, moved.</param>
/// <param name="options">When to stop.</param>
internal sealed class LloydRun(NearestSearch search, double[] centroids, QuantizerOptions options)
{
    private readonly GridSums _sums = new(search.Samples, centroids.Length / search.Samples.Dimension);
    private double _spread = double.NaN;

    /// <summary>The search, which knows the samples' last cells.</summary>
    public NearestSearch Search => search;

    /// <summary>Lloyd steps and exchange passes made.</summary>
    public int Iterations { get; private set; }

    /// <summary>Lloyd steps until nothing changes, or the limits say stop; then exchange passes until they gain little, and Lloyd again where they left work.</summary>
    public void Settle(CancellationToken cancellation)
    {
        Iterate(cancellation);
        if (options.Exchange && ExchangeAll(cancellation)) Iterate(cancellation);
    }

    private void Iterate(CancellationToken cancellation)
    {
        var step = new LloydStep(search, _sums, centroids);
        for (var settled = false; !settled && Iterations < options.MaxIterations; Iterations++)
        {
            cancellation.ThrowIfCancellationRequested();
            var shift = step.Advance();
            settled = step.AssignmentUnchanged || shift <= options.Tolerance * Spread / search.Samples.Dimension;
        }
    }

    // False where the first pass moved nothing: Lloyd's partition stands.
    private bool ExchangeAll(CancellationToken cancellation)
    {
        var exchange = new Exchange(search, _sums, centroids);
        var (moved, enough) = (false, options.Tolerance * Spread * search.Samples.Source.TotalWeight);
        for (var gain = double.PositiveInfinity; gain > enough && Iterations < options.MaxIterations; Iterations++)
        {
            cancellation.ThrowIfCancellationRequested();
            gain = exchange.Pass();
            moved |= gain > 0;
        }
        return moved;
    }

    // Known once a step has summed all samples.
    private double Spread => double.IsNaN(_spread) ? _spread = SampleSpread.Of(search.Samples, _sums) : _spread;
}

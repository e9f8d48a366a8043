namespace Ddoq.Quantization;

/// <summary>
/// Which sinks each source may send to, and at what cost: every source has the same number of arcs, one after another. Either all sinks in order, or a short list.
/// </summary>
/// <param name="sinks">Number of sinks, K.</param>
/// <param name="perSource">Arcs of each source, at most K.</param>
/// <param name="sinkOf">Sink of each arc; null where each source has all K in order.</param>
/// <param name="costs">Cost of each arc, finite.</param>
internal sealed class TransportArcs(int sinks, int perSource, int[]? sinkOf, double[] costs)
{
    /// <summary>All arcs from every source to every sink.</summary>
    /// <param name="sinks">K.</param>
    /// <param name="costs">N x K, row-major.</param>
    public static TransportArcs All(int sinks, double[] costs) => new(sinks, sinks, null, costs);

    public int Sinks => sinks;

    public int PerSource => perSource;

    public int Count => costs.Length;

    public int Sources => costs.Length / perSource;

    public double Cost(int arc) => costs[arc];

    public int Sink(int arc) => sinkOf is null ? arc % perSource : sinkOf[arc];

    public int Source(int arc) => arc / perSource;
}

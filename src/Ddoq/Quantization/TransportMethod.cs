namespace Ddoq.Quantization;

/// <summary>How samples are distributed over centroids of equal mass.</summary>
public enum TransportMethod
{
    /// <summary>Exact for up to 4 million pairs of a sample and a centroid, entropic beyond.</summary>
    Automatic,

    /// <summary>The linear program over all pairs, solved exactly. Memory about 40 bytes per pair.</summary>
    Exact,

    /// <summary>
    /// Prices of the centroids from an entropic problem on part of the samples (Sinkhorn's iteration, Cuturi 2013, semi-dual form in the log domain with a falling
    /// epsilon), then the linear program over each sample's few cheapest centroids (the shortlist method, Gottschlich and Schuhmacher 2014) with bounds that hold for
    /// the whole problem. Mostly the bounds meet and the plan is exact here too. Memory about 300 bytes per sample.
    /// </summary>
    Entropic,
}

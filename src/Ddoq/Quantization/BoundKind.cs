namespace Ddoq.Quantization;

/// <summary>What a search remembers of each sample, to skip work while centroids hardly move. The result is the same for each kind.</summary>
internal enum BoundKind
{
    /// <summary>Nothing: every search looks at all centroids.</summary>
    None,

    /// <summary>One lower bound for all other centroids together (Hamerly 2010).</summary>
    One,

    /// <summary>A lower bound for each panel of 16 centroids (as the groups of "Yinyang" k-means, Ding et al. 2015).</summary>
    Panels,

    /// <summary>The same, with lower bounds from a <see cref="Quantization.Sketch"/> of few dimensions, and exact distances only for those centroids that it leaves.</summary>
    Sketch,
}

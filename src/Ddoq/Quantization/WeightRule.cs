namespace Ddoq.Quantization;

/// <summary>How the masses of a class's cells become factors of the training loss. w_k = v_k / sum v, v the masses or counts; every rule depends on the ratios of v only.</summary>
public enum WeightRule
{
    /// <summary>Mean-one square root, K sqrt(v_k) / sum sqrt(v): the default. Halves the log-range of the weights and keeps class totals equal.</summary>
    SquareRoot,

    /// <summary>Mean-one raw masses, K w_k: the theory's weights.</summary>
    Raw,

    /// <summary>All 1: no weights.</summary>
    Equal,

    /// <summary>Masses as they are, w_k: sum 1, mean 1/K.</summary>
    RawMass,

    /// <summary>sqrt(K w_k): mean at most 1; gives classes with uneven cells less total mass.</summary>
    SquareRootRelative,

    /// <summary>sqrt(K) sqrt(v_k) / sum sqrt(v): total sqrt(K), mean 1/sqrt(K).</summary>
    SquareRootTotal,

    /// <summary>The square-root factors in a random order within the class: the control with the same spread and no information.</summary>
    Permuted,
}

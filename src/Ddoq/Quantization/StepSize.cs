namespace Ddoq.Quantization;

/// <summary>
/// Step size gamma of CLVQ. MacQueen's rule (1967) moves the winner by 1/n_k, n_k the samples its cell has seen, so that every centroid is
/// the mean of what it won; it works in any dimension. The classical rule gamma_n = g0 a / (a + g0 b n) counts all samples n = 0, 1, …
/// and needs a and b that fit dimension and scale: its usual constants are made for few dimensions.
/// </summary>
public sealed record StepSize
{
    private StepSize() { }

    /// <summary>Whether the rule is MacQueen's 1/n_k.</summary>
    public bool IsMacQueen { get; private init; }

    /// <summary>MacQueen: samples that the start counts for, 0 (the first sample won replaces it) or more.</summary>
    public double InitialCount { get; private init; }

    /// <summary>Classical: first step, in (0, 1].</summary>
    public double G0 { get; private init; }

    /// <summary>Classical: a, positive; 0 asks for 4 K^(1/D).</summary>
    public double A { get; private init; }

    /// <summary>Classical: b, positive; 0 asks for pi^2 K^(-2/D).</summary>
    public double B { get; private init; }

    /// <summary>MacQueen's rule. By default the start counts as one sample, which it is after k-means++.</summary>
    public static StepSize MacQueen(double initialCount = 1)
    {
        if (!double.IsFinite(initialCount) || initialCount < 0) throw new ArgumentOutOfRangeException(nameof(initialCount), initialCount, "a count is a finite number of at least 0.");
        return new StepSize { IsMacQueen = true, InitialCount = initialCount };
    }

    /// <summary>The classical rule; without a and b the usual a = 4 K^(1/D), b = pi^2 K^(-2/D).</summary>
    public static StepSize Classical(double g0 = 1, double a = 0, double b = 0)
    {
        if (!(g0 is > 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(g0), g0, "g0 lies in (0, 1].");
        if (!(double.IsFinite(a) && a >= 0)) throw new ArgumentOutOfRangeException(nameof(a), a, "a is a finite number of at least 0.");
        if (!(double.IsFinite(b) && b >= 0)) throw new ArgumentOutOfRangeException(nameof(b), b, "b is a finite number of at least 0.");
        return new StepSize { G0 = g0, A = a, B = b };
    }

    /// <summary>Fills in the constants that depend on K and D.</summary>
    internal StepSize For(int centroids, int dimension) => IsMacQueen ? this : this with
    {
        A = A > 0 ? A : 4 * Math.Pow(centroids, 1.0 / dimension),
        B = B > 0 ? B : Math.PI * Math.PI * Math.Pow(centroids, -2.0 / dimension),
    };

    /// <summary>gamma_n of the classical rule for n = 0, 1, ….</summary>
    internal double At(long n) => G0 * A / (A + G0 * B * n);
}

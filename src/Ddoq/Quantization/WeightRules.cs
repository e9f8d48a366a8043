using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>Applies a <see cref="WeightRule"/> within one class.</summary>
public static class WeightRules
{
    /// <summary>Loss factor of each centroid from the counts of its cell.</summary>
    /// <param name="rule">Rule.</param>
    /// <param name="counts">Counts v_k of one class, non-negative, not all 0.</param>
    /// <param name="seeds">Used by <see cref="WeightRule.Permuted"/> only.</param>
    /// <param name="classIndex">Chooses the class's own permutation.</param>
    public static double[] Apply(WeightRule rule, ReadOnlySpan<int> counts, SeedSequence seeds = default, int classIndex = 0)
    {
        var masses = new double[counts.Length];
        for (var k = 0; k < masses.Length; k++) masses[k] = counts[k];
        return Apply(rule, masses, seeds, classIndex);
    }

    /// <summary>Loss factor of each centroid from the mass of its cell.</summary>
    /// <param name="rule">Rule.</param>
    /// <param name="masses">Masses v_k of one class, non-negative, not all 0; their scale does not matter.</param>
    /// <param name="seeds">Used by <see cref="WeightRule.Permuted"/> only.</param>
    /// <param name="classIndex">Chooses the class's own permutation.</param>
    public static double[] Apply(WeightRule rule, ReadOnlySpan<double> masses, SeedSequence seeds = default, int classIndex = 0)
    {
        var w = Normalised(masses);
        var k = (double)w.Length;
        return rule switch
        {
            WeightRule.Equal => Array.ConvertAll(w, _ => 1.0),
            WeightRule.RawMass => w,
            WeightRule.Raw => Array.ConvertAll(w, x => k * x),
            WeightRule.SquareRootRelative => Array.ConvertAll(w, x => Math.Sqrt(k * x)),
            WeightRule.SquareRootTotal => RootsScaledTo(w, Math.Sqrt(k)),
            WeightRule.SquareRoot => RootsScaledTo(w, k),
            WeightRule.Permuted => Permute(RootsScaledTo(w, k), seeds, classIndex),
            _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "not a weight rule."),
        };
    }

    /// <summary>The same factors in a random order: a control for any rule.</summary>
    public static double[] Permute(ReadOnlySpan<double> factors, SeedSequence seeds, int classIndex)
    {
        var order = seeds.Stream("weights/permute", classIndex).Permutation(factors.Length);
        var permuted = new double[factors.Length];
        for (var i = 0; i < permuted.Length; i++) permuted[i] = factors[order[i]];
        return permuted;
    }

    /// <summary>Effective number of equally weighted images, (sum w)^2 / sum w^2.</summary>
    public static double EffectiveCount(ReadOnlySpan<double> factors)
    {
        double sum = 0, squares = 0;
        foreach (var w in factors) (sum, squares) = (sum + w, squares + w * w);
        return sum * sum / squares;
    }

    private static double[] Normalised(ReadOnlySpan<double> masses)
    {
        var sum = 0.0;
        foreach (var v in masses)
        {
            if (!double.IsFinite(v) || v < 0) throw new ArgumentException($"mass {v} is not a finite number of at least 0.", nameof(masses));
            sum += v;
        }
        if (masses.Length > 0 && sum <= 0) throw new ArgumentException("all masses are zero.", nameof(masses));
        var w = masses.ToArray();
        for (var k = 0; k < w.Length; k++) w[k] /= sum;
        return w;
    }

    private static double[] RootsScaledTo(double[] w, double total)
    {
        var roots = Array.ConvertAll(w, Math.Sqrt);
        var sum = roots.Sum();
        return Array.ConvertAll(roots, r => total * r / sum);
    }
}

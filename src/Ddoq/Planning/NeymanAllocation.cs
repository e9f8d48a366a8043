namespace Ddoq.Planning;

/// <summary>
/// Spreads a total number of draws over strata by Neyman's rule ("On the Two Different Aspects of the Representative Method", 1934): a mean that is estimated from K_c draws of stratum c, which
/// holds the share P_c and has the deviation s_c, has the variance sum_c (P_c s_c)^2 / K_c. It is least where K_c is proportional to P_c s_c.
/// </summary>
public static class NeymanAllocation
{
    /// <summary>The whole numbers that minimise that variance, exactly. Time O(L + B log L).</summary>
    /// <param name="sizes">Members of each stratum, the most that it can give.</param>
    /// <param name="deviations">s_c, at least 0, in any unit.</param>
    /// <param name="budget">Draws in all, B.</param>
    /// <param name="least">Draws of each stratum at least.</param>
    /// <exception cref="ArgumentOutOfRangeException">The budget is less than the least of all strata together, or more than they can give; or a deviation is negative or not finite.</exception>
    public static int[] Spread(IReadOnlyList<int> sizes, IReadOnlyList<double> deviations, int budget, IReadOnlyList<int> least)
    {
        foreach (var deviation in deviations)
            if (!double.IsFinite(deviation) || deviation < 0) throw new ArgumentOutOfRangeException(nameof(deviations), deviation, "a deviation is a finite number of at least 0.");
        var costs = sizes.Zip(deviations, (size, deviation) => Variances(size * deviation, Math.Min(size, budget))).ToArray();
        return BudgetAllocation.Spread(costs, budget, least);
    }

    private static double[] Variances(double spread, int most) => [.. Enumerable.Range(1, most).Select(k => spread * spread / k)];
}

namespace Ddoq.Quantization;

/// <summary>Squared 2-Wasserstein distances between two measures, exactly. All masses are taken relative to their sum.</summary>
public static class Wasserstein
{
    /// <summary>
    /// Between two discrete measures in any dimension, by linear programming. Time about O(N K D + N K log N + rounds K^2) with K the smaller support; memory about 40
    /// bytes per pair of points. For many samples against centroids of equal weight see <see cref="EqualWeightTransport"/>,
    /// which also has bounds.
    /// </summary>
    /// <param name="first">Points with masses, at least one.</param>
    /// <param name="second">Points with masses, at least one, of the same dimension.</param>
    /// <exception cref="ArgumentException">Dimensions differ, or a measure is empty.</exception>
    public static double Squared(Samples first, Samples second)
    {
        if (first.Dimension != second.Dimension) throw new ArgumentException($"points of {first.Dimension} and of {second.Dimension} numbers have no distance.", nameof(second));
        if (first.Count == 0 || second.Count == 0) throw new ArgumentException("a measure without points has no distance.", first.Count == 0 ? nameof(first) : nameof(second));
        var (many, few) = first.Count >= second.Count ? (first, second) : (second, first);
        var pairs = new PairCosts(many, Positions(few));
        var (costs, buffer) = (new double[checked(many.Count * few.Count)], new double[many.Dimension]);
        for (var i = 0; i < many.Count; i++) pairs.Read(i, buffer, costs.AsSpan(i * few.Count, few.Count));
        return TransportProblem.Cost(costs, Shares(many), Shares(few));
    }

    /// <summary>
    /// Between two normal distributions: |m1 - m2|^2 + tr(S1 + S2 - 2 (S1^(1/2) S2 S1^(1/2))^(1/2)) (Dowson and Landau 1982; the trace is the squared Bures distance).
    /// </summary>
    /// <param name="firstMean">m1, D.</param>
    /// <param name="firstCovariance">S1, D x D, row-major, symmetric and positive semidefinite.</param>
    /// <param name="secondMean">m2, D.</param>
    /// <param name="secondCovariance">S2, D x D.</param>
    /// <exception cref="ArgumentException">Sizes do not fit, or a covariance is not symmetric and positive semidefinite.</exception>
    public static double SquaredBetweenNormals(ReadOnlySpan<double> firstMean, ReadOnlySpan<double> firstCovariance, ReadOnlySpan<double> secondMean, ReadOnlySpan<double> secondCovariance)
    {
        if (firstMean.Length != secondMean.Length) throw new ArgumentException($"means of {firstMean.Length} and of {secondMean.Length} numbers have no distance.", nameof(secondMean));
        var dimension = firstMean.Length;
        var (first, second) = (new SymmetricMatrix(firstCovariance, dimension), new SymmetricMatrix(secondCovariance, dimension));
        second.Root(); // refuses a matrix that is no covariance
        var cross = first.Root().Around(second);
        return DistanceKernel.SquaredDistance(firstMean, secondMean) + first.Trace + second.Trace - 2 * cross.Root().Trace;
    }

    private static double[] Positions(Samples samples)
    {
        var positions = new double[checked(samples.Count * samples.Dimension)];
        for (var i = 0; i < samples.Count; i++) samples.Read(i, 0, positions.AsSpan(i * samples.Dimension, samples.Dimension));
        return positions;
    }

    private static double[] Shares(Samples samples)
    {
        var (shares, total) = (new double[samples.Count], samples.TotalWeight);
        for (var i = 0; i < shares.Length; i++) shares[i] = samples.WeightOf(i) / total;
        return shares;
    }
}

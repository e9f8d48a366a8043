namespace Ddoq.Theory;

/// <summary>A mixture of normal distributions on the line.</summary>
public sealed class NormalMixture : ILineDistribution
{
    private readonly (double Weight, NormalDistribution Part)[] _parts;

    /// <summary>Creates the mixture.</summary>
    /// <param name="parts">At least one weight with its component; weights are positive and sum to 1.</param>
    /// <exception cref="ArgumentException">No component, or weights that do not fit.</exception>
    public NormalMixture(params IEnumerable<(double Weight, NormalDistribution Part)> parts)
    {
        _parts = [.. parts];
        var sum = _parts.Sum(p => p.Weight);
        if (_parts.Length == 0 || _parts.Any(p => !(p.Weight > 0)) || !(Math.Abs(sum - 1) <= 1e-9))
            throw new ArgumentException($"the weights of a mixture are positive and sum to 1; these {_parts.Length} sum to {sum}.", nameof(parts));
    }

    /// <summary>A discrete measure after noise: each point x_k of mass w_k becomes w_k N(signal x_k, noise^2).</summary>
    /// <param name="points">K points.</param>
    /// <param name="weights">K masses, sum 1; points without mass are left out.</param>
    /// <param name="signal">Factor of the points, m.</param>
    /// <param name="noise">Standard deviation of the noise, positive.</param>
    /// <exception cref="ArgumentException">Not as many weights as points.</exception>
    public static NormalMixture Noised(ReadOnlySpan<double> points, ReadOnlySpan<double> weights, double signal, double noise)
    {
        if (points.Length != weights.Length) throw new ArgumentException($"{points.Length} points need {points.Length} weights, got {weights.Length}.", nameof(weights));
        var parts = new List<(double, NormalDistribution)>();
        for (var k = 0; k < points.Length; k++)
            if (weights[k] > 0) parts.Add((weights[k], new NormalDistribution(signal * points[k], noise)));
        return new NormalMixture(parts);
    }

    /// <summary>The mixture after noise: X becomes signal X + noise Z with Z from N(0, 1).</summary>
    /// <param name="signal">Factor m, positive.</param>
    /// <param name="noise">Standard deviation of the noise, at least 0.</param>
    public NormalMixture Noised(double signal, double noise) =>
        new(_parts.Select(p => (p.Weight, new NormalDistribution(signal * p.Part.Mean, double.Hypot(signal * p.Part.StandardDeviation, noise)))));

    /// <inheritdoc />
    public double Mean => _parts.Sum(p => p.Weight * p.Part.Mean);

    /// <inheritdoc />
    public double Density(double x)
    {
        var sum = 0.0;
        foreach (var (weight, part) in _parts) sum += weight * part.Density(x);
        return sum;
    }

    /// <inheritdoc />
    public double Cumulative(double x)
    {
        var sum = 0.0;
        foreach (var (weight, part) in _parts) sum += weight * part.Cumulative(x);
        return Math.Min(sum, 1);
    }

    /// <inheritdoc />
    public double Quantile(double probability)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (var (_, part) in _parts)
        {
            var q = part.Quantile(probability);
            (low, high) = (Math.Min(low, q), Math.Max(high, q));
        }
        return double.IsInfinity(low) || low == high ? low : Root(probability, low, high);
    }

    /// <inheritdoc />
    public CellMoments Between(double from, double to)
    {
        var sum = default(CellMoments);
        foreach (var (weight, part) in _parts) sum += weight * part.Between(from, to);
        return sum;
    }

    // The mixture's quantile lies between those of its components. Newton's method, with bisection where it would leave the bracket.
    private double Root(double probability, double low, double high)
    {
        var x = (low + high) / 2;
        for (var step = 0; step < 200 && high - low > 1e-15 * Math.Max(1, Math.Abs(x)); step++)
        {
            var error = Cumulative(x) - probability;
            if (error > 0) high = x;
            else low = x;
            var next = x - error / Density(x);
            if (!(next > low && next < high)) next = (low + high) / 2;
            if (next == x) break;
            x = next;
        }
        return x;
    }
}

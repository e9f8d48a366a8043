namespace Ddoq.Theory;

/// <summary>A probability distribution on the line with a density and closed-form moments of intervals: what exact one-dimensional quantization needs.</summary>
public interface ILineDistribution
{
    /// <summary>Expected value.</summary>
    double Mean { get; }

    /// <summary>Density f(x).</summary>
    double Density(double x);

    /// <summary>Distribution function F(x) = P(X &lt;= x).</summary>
    double Cumulative(double x);

    /// <summary>Inverse of the distribution function; the ends of the support, which may be infinite, for 0 and 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="probability"/> is not in [0, 1].</exception>
    double Quantile(double probability);

    /// <summary>Moments of the interval between two points, either of which may be infinite.</summary>
    CellMoments Between(double from, double to);
}

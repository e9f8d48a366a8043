namespace Ddoq.Theory;

/// <summary>The exponent of a power law, read off as the slope of a least-squares line through (log x, log y).</summary>
public static class LogLogSlope
{
    /// <summary>Slope of log y against log x: -1/d for W2 against the number of points K, d the dimension (Zador 1982).</summary>
    /// <param name="x">Positive numbers, at least two different ones.</param>
    /// <param name="y">As many positive numbers.</param>
    /// <exception cref="ArgumentException">Too few numbers, or as many x as y are not given.</exception>
    public static double Of(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length || x.Length < 2) throw new ArgumentException($"a slope needs at least two x and as many y; got {x.Length} and {y.Length}.", nameof(y));
        double meanX = 0, meanY = 0, covariance = 0, variance = 0;
        for (var i = 0; i < x.Length; i++) (meanX, meanY) = (meanX + Log(x[i], nameof(x)) / x.Length, meanY + Log(y[i], nameof(y)) / x.Length);
        for (var i = 0; i < x.Length; i++)
        {
            var dx = Math.Log(x[i]) - meanX;
            covariance += dx * (Math.Log(y[i]) - meanY);
            variance += dx * dx;
        }
        return variance > 0 ? covariance / variance : throw new ArgumentException("all x are equal.", nameof(x));
    }

    private static double Log(double value, string name) =>
        double.IsFinite(value) && value > 0 ? Math.Log(value) : throw new ArgumentException($"{value} is not a positive number.", name);
}

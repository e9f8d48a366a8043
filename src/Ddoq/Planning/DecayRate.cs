namespace Ddoq.Planning;

/// <summary>
/// How fast W2 falls with the number of points: the slope of log W2 over log K by least squares. Zador's theorem has -1/d for large K in d dimensions, so -1/slope is the
/// dimension that the quantizer sees. With few points it sees the clusters rather than the manifold within them, and near one sample per point the slope steepens
/// because the points fit the very samples.
/// </summary>
/// <param name="Slope">Slope, negative where W2 falls.</param>
/// <param name="SlopeError">Its standard error; null with two measurements, through which a line passes exactly.</param>
public sealed record DecayRate(double Slope, double? SlopeError)
{
    /// <summary>-1/slope; null where W2 does not fall.</summary>
    public double? Dimension => Slope < 0 ? -1 / Slope : null;

    /// <summary>Standard error of <see cref="Dimension"/> by the delta method, SlopeError / Slope^2.</summary>
    public double? DimensionError => Slope < 0 ? SlopeError / (Slope * Slope) : null;

    /// <summary>Fits the line.</summary>
    /// <param name="measured">Number of points and W2; those with W2 = 0 have no logarithm and are left out.</param>
    /// <returns>The rate; null with fewer than two different numbers of points.</returns>
    public static DecayRate? Of(IEnumerable<(int Points, double W2)> measured)
    {
        var logs = measured.Where(m => m.W2 > 0).Select(m => (X: Math.Log(m.Points), Y: Math.Log(m.W2))).ToArray();
        if (logs.Length < 2) return null;
        var (x, y) = (logs.Average(l => l.X), logs.Average(l => l.Y));
        var spread = logs.Sum(l => (l.X - x) * (l.X - x));
        if (spread == 0) return null;
        var slope = logs.Sum(l => (l.X - x) * (l.Y - y)) / spread;
        var residual = logs.Sum(l => Math.Pow(l.Y - y - slope * (l.X - x), 2));
        return new DecayRate(slope, logs.Length > 2 ? Math.Sqrt(residual / (logs.Length - 2) / spread) : null);
    }
}

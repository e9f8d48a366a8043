namespace Ddoq.Theory;

/// <summary>The uniform distribution on an interval. Its optimal K points are the centres of K equal parts, with D = length^2 / (12 K^2).</summary>
public sealed class UniformDistribution : ILineDistribution
{
    private readonly double _from;
    private readonly double _to;

    /// <summary>Creates the distribution; U[0, 1] by default.</summary>
    /// <param name="from">Lower end, finite.</param>
    /// <param name="to">Upper end, finite and greater.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not an interval.</exception>
    public UniformDistribution(double from = 0, double to = 1)
    {
        if (!(double.IsFinite(from) && double.IsFinite(to) && from < to)) throw new ArgumentOutOfRangeException(nameof(to), to, $"an interval from {from} needs a finite, greater end.");
        (_from, _to) = (from, to);
    }

    /// <inheritdoc />
    public double Mean => (_from + _to) / 2;

    /// <inheritdoc />
    public double Density(double x) => x >= _from && x <= _to ? 1 / (_to - _from) : 0;

    /// <inheritdoc />
    public double Cumulative(double x) => (Math.Clamp(x, _from, _to) - _from) / (_to - _from);

    /// <inheritdoc />
    public double Quantile(double probability)
    {
        if (!(probability is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(probability), probability, "a probability lies in [0, 1].");
        return _from + probability * (_to - _from);
    }

    /// <inheritdoc />
    public CellMoments Between(double from, double to)
    {
        var (a, b) = (Math.Clamp(from, _from, _to), Math.Clamp(to, _from, _to));
        return 1 / (_to - _from) * new CellMoments(b - a, (b * b - a * a) / 2, (b * b * b - a * a * a) / 3);
    }
}

namespace Ddoq.Theory;

/// <summary>The normal distribution N(mean, standard deviation squared). The distribution function and the quantile have a relative accuracy of about 1e-13, in the tails too.</summary>
public sealed class NormalDistribution : ILineDistribution
{
    private const double SeriesLimit = 3;
    private static readonly double RootOfTwoPi = Math.Sqrt(2 * Math.PI);

    /// <summary>Creates the distribution; N(0, 1) by default.</summary>
    /// <param name="mean">Mean, finite.</param>
    /// <param name="standardDeviation">Standard deviation, positive and finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public NormalDistribution(double mean = 0, double standardDeviation = 1)
    {
        if (!double.IsFinite(mean)) throw new ArgumentOutOfRangeException(nameof(mean), mean, "a mean is finite.");
        if (!(double.IsFinite(standardDeviation) && standardDeviation > 0)) throw new ArgumentOutOfRangeException(nameof(standardDeviation), standardDeviation, "a standard deviation is finite and positive.");
        (Mean, StandardDeviation) = (mean, standardDeviation);
    }

    /// <summary>N(0, 1).</summary>
    public static NormalDistribution Standard { get; } = new();

    /// <inheritdoc />
    public double Mean { get; }

    /// <summary>Standard deviation.</summary>
    public double StandardDeviation { get; }

    /// <inheritdoc />
    public double Density(double x) => StandardDensity((x - Mean) / StandardDeviation) / StandardDeviation;

    /// <inheritdoc />
    public double Cumulative(double x) => StandardCumulative((x - Mean) / StandardDeviation);

    /// <inheritdoc />
    public double Quantile(double probability) => Mean + StandardDeviation * StandardQuantile(probability);

    /// <inheritdoc />
    public CellMoments Between(double from, double to)
    {
        var (a, b) = ((from - Mean) / StandardDeviation, (to - Mean) / StandardDeviation);
        var mass = StandardMass(a, b);
        var first = StandardDensity(a) - StandardDensity(b);
        var second = mass + Product(a) - Product(b);
        return new CellMoments(mass, Mean * mass + StandardDeviation * first,
            Mean * Mean * mass + 2 * Mean * StandardDeviation * first + StandardDeviation * StandardDeviation * second);
    }

    private static double StandardDensity(double x) => Math.Exp(-x * x / 2) / RootOfTwoPi;

    // x phi(x), 0 at both infinities.
    private static double Product(double x) => double.IsInfinity(x) ? 0 : x * StandardDensity(x);

    // In the upper tail both values are near 1: take the mirror image, whose difference keeps its digits.
    private static double StandardMass(double a, double b) =>
        a > 0 ? StandardCumulative(-a) - StandardCumulative(-b) : StandardCumulative(b) - StandardCumulative(a);

    private static double StandardCumulative(double x)
    {
        if (x < -SeriesLimit) return LowerTail(-x);
        return x > SeriesLimit ? 1 - LowerTail(x) : 0.5 + StandardDensity(x) * Series(x);
    }

    // Phi(x) = 1/2 + phi(x) (x + x^3/3 + x^5/(3 5) + ...): all terms have one sign (Marsaglia 2004).
    private static double Series(double x)
    {
        double term = x, sum = x, before = double.NaN;
        for (var i = 3; sum != before; i += 2)
        {
            before = sum;
            sum += term *= x * x / i;
        }
        return sum;
    }

    // Phi(-x) = phi(x) / (x + 1/(x + 2/(x + 3/(x + ...)))) (Laplace), from the inside out. From x = 3 on these many levels give all digits.
    private static double LowerTail(double x)
    {
        if (x > 40) return 0; // below the smallest double
        var fraction = x;
        for (var i = 20 + (int)(900 / (x * x)); i >= 1; i--) fraction = x + i / fraction;
        return StandardDensity(x) / fraction;
    }

    private static double StandardQuantile(double probability)
    {
        if (!(probability is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(probability), probability, "a probability lies in [0, 1].");
        return probability > 0.5 ? -LowerQuantile(1 - probability) : LowerQuantile(probability);
    }

    // Newton's method with Halley's correction on Phi(x) - p; the start is the tail's leading term, good to one digit.
    private static double LowerQuantile(double p)
    {
        if (p == 0) return double.NegativeInfinity;
        var x = p > 0.3 ? (p - 0.5) * RootOfTwoPi : -TailStart(p);
        for (var step = 0; step < 20; step++)
        {
            var newton = (StandardCumulative(x) - p) / StandardDensity(x);
            var change = newton / (1 + newton * x / 2);
            x -= change;
            if (Math.Abs(change) <= 1e-15 * Math.Max(1, Math.Abs(x))) break;
        }
        return x;
    }

    private static double TailStart(double p)
    {
        var square = -2 * Math.Log(p);
        return Math.Sqrt(Math.Max(0.1, square - Math.Log(square * 2 * Math.PI) * 0.9));
    }
}

using Ddoq.Planning;
using Ddoq.Quantization;

namespace Ddoq.Theory.Checks;

/// <summary>
/// T12: for stationary points with Voronoi masses and f with an M-Lipschitz gradient, |E f(X) - sum w_k f(x_k)| is at most M/2 times the distortion: order K^(-2/d)
/// instead of the K^(-1/d) that hold for Lipschitz f. Both orders are attained, and equal weights have neither.
/// </summary>
internal sealed class SmoothFunctionCheck : ITheoryCheck
{
    private static readonly int[] Counts = [8, 16, 32, 64];
    private static readonly NormalDistribution Law = NormalDistribution.Standard;

    public string Id => "T12";

    public string Claim => "errors of smooth functions fall as K^(-2/d) with masses, of Lipschitz ones as K^(-1/d)";

    public IEnumerable<CheckRow> Run(CheckContext context) => Values(context).Concat(Slopes(context)).Append(Plane(context));

    // E X^2 = 1 and E exp(X/2) = exp(1/8).
    private static double SquareError(double[] points, double[] weights) => 1 - Mean(points, weights, x => x * x);

    private static double ExponentialError(double[] points, double[] weights) => Math.Exp(1.0 / 8) - Mean(points, weights, x => Math.Exp(x / 2));

    private IEnumerable<CheckRow> Values(CheckContext context)
    {
        foreach (var (k, square, exponential, equalSquare, equalExponential) in new[] { (10, 2.3e-2, 3.8e-3, 0.91, 0.13), (50, 1.0e-3, 1.9e-4, 1.62, 0.24) })
        {
            var book = context.Subjects.Optimal(Law, k);
            double[] same = [.. Enumerable.Repeat(1.0 / k, k)];
            yield return this.Near($"K={k}, error of x^2", square, SquareError(book.Points, book.Weights), 0.05 * square);
            yield return this.Near($"K={k}, error of exp(x/2)", exponential, ExponentialError(book.Points, book.Weights), 0.05 * exponential);
            yield return this.Near($"K={k}, equal weights, size of the error of x^2", equalSquare, Math.Abs(SquareError(book.Points, same)), 0.01);
            yield return this.Near($"K={k}, equal weights, size of the error of exp(x/2)", equalExponential, Math.Abs(ExponentialError(book.Points, same)), 0.01);
            yield return this.AtLeast($"K={k}, error of exp(x/2), which is convex: the points' mean is a lower bound", 0, ExponentialError(book.Points, book.Weights));
            yield return this.AtMost($"K={k}, error of cos(x) against D/2", book.SquaredDistance / 2, Math.Abs(Math.Exp(-0.5) - Mean(book.Points, book.Weights, Math.Cos)), 1e-12);
        }
    }

    private IEnumerable<CheckRow> Slopes(CheckContext context)
    {
        var books = Array.ConvertAll(Counts, k => context.Subjects.Optimal(Law, k));
        double Slope(Func<LineCodebook, double> error) => SlopeOf(Counts, Array.ConvertAll(books, book => Math.Abs(error(book))));
        yield return this.Near("d=1, slope for x^2", -2, Slope(book => SquareError(book.Points, book.Weights)), 0.15);
        yield return this.Near("d=1, slope for exp(x/2)", -2, Slope(book => ExponentialError(book.Points, book.Weights)), 0.15);
        yield return this.Near("d=1, slope for cos(x)", -2, Slope(book => Math.Exp(-0.5) - Mean(book.Points, book.Weights, Math.Cos)), 0.15);
        yield return this.Near("d=1, slope for the distance to the nearest point", -1, Slope(MeanDistance), 0.1);
    }

    // The mean over the samples is known exactly, so only the quantizer's error is left. All the functions are convex: no error is negative, and they add up.
    private CheckRow Plane(CheckContext context)
    {
        int[] counts = [16, 32, 64, 128];
        var samples = SyntheticSamples.Normal(10_000, 2, context.Seeds.Stream("theory/smooth"));
        var mean = Enumerable.Range(0, samples.Count).Average(i => Exponentials(samples.Values.Span.Slice(2 * i, 2)));
        var errors = Array.ConvertAll(counts, k =>
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var book = context.Subjects.Fit(samples, new QuantizerOptions { ImagesPerClass = k, MaxIterations = 50 }, context.Seeds, context.Threads);
            return Math.Abs(mean - Enumerable.Range(0, k).Sum(i => book.Weights[i] * Exponentials(book.Centroids.AsSpan(2 * i, 2))));
        });
        return this.Near("d=2, 10,000 samples, slope for exp(z.u / 2) over 8 directions u", -1, SlopeOf(counts, errors), 0.15);
    }

    private static double SlopeOf(int[] counts, double[] errors) => DecayRate.Of(counts.Zip(errors))?.Slope ?? double.NaN;

    private static double Exponentials(ReadOnlySpan<float> z)
    {
        var sum = 0.0;
        for (var i = 0; i < 8; i++) sum += Math.Exp((Math.Cos(Math.PI * i / 4) * z[0] + Math.Sin(Math.PI * i / 4) * z[1]) / 2);
        return sum;
    }

    private static double Mean(double[] points, double[] weights, Func<double, double> f) => points.Zip(weights, (x, w) => w * f(x)).Sum();

    // E min_k |X - x_k|: each cell is split at its point.
    private static double MeanDistance(LineCodebook book)
    {
        var sum = 0.0;
        for (var k = 0; k < book.Points.Length; k++)
        {
            var x = book.Points[k];
            var left = Law.Between(k == 0 ? double.NegativeInfinity : (book.Points[k - 1] + x) / 2, x);
            var right = Law.Between(x, k == book.Points.Length - 1 ? double.PositiveInfinity : (x + book.Points[k + 1]) / 2);
            sum += x * left.Mass - left.First + right.First - x * right.Mass;
        }
        return sum;
    }
}

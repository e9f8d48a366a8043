using Ddoq.Quantization;

namespace Ddoq.Theory.Checks;

/// <summary>
/// T15: Lloyd's algorithm, CLVQ with the classical step and MacQueen's 1/n agree in the limit, and so do weights by recursion, by running counts and by an exact
/// pass. On a finite stream they do not: the rows report the gaps on one sample of N(0, 1), stratified so that the sample itself adds little. The recursion forgets with its last step gamma, which leaves a standard
/// deviation of sqrt(gamma w / 2). MacQueen's steps become small long before its points are right, so it is also started from Lloyd's points, where it must stay.
/// </summary>
internal sealed class AlgorithmAgreementCheck : ITheoryCheck
{
    private const int Samples = 50_000, Points = 10, Passes = 3;

    private static readonly NormalDistribution Law = NormalDistribution.Standard;
    private static readonly QuantizerOptions Lloyd = new() { ImagesPerClass = Points, Tolerance = 0, MaxIterations = 5000 };
    private static readonly QuantizerOptions Clvq = new() { ImagesPerClass = Points, Algorithm = QuantizerAlgorithm.Clvq, StepSize = StepSize.Classical(), Passes = Passes };

    public string Id => "T15";

    public string Claim => "Lloyd, CLVQ and MacQueen agree; so do weights by recursion, counts and an exact pass";

    public IEnumerable<CheckRow> Run(CheckContext context)
    {
        var samples = SyntheticSamples.NormalSlices(Samples, context.Seeds.Stream("theory/agreement"));
        ClassCodebook Fit(QuantizerOptions options) => Ordered(context.Subjects.Fit(samples, options, context.Seeds, context.Threads));
        var optimum = context.Subjects.Optimal(Law, Points);
        var lloyd = Fit(Lloyd);
        yield return this.Near("Lloyd against the optimum, largest gap of a point", 0, Gap(optimum.Points, Doubles(lloyd)), 0.02);
        yield return this.Near("Lloyd against the optimum, largest gap of a weight", 0, Gap(optimum.Weights, lloyd.Weights), 0.002);
        foreach (var row in OfClvq(lloyd, Fit)) yield return row;
        foreach (var row in OfMacQueen(lloyd, Fit)) yield return row;
    }

    private IEnumerable<CheckRow> OfClvq(ClassCodebook lloyd, Func<QuantizerOptions, ClassCodebook> fit)
    {
        var (exact, recursion) = (fit(Clvq), fit(Clvq with { Masses = MassEstimate.Streaming }));
        yield return this.Near("CLVQ against Lloyd, largest gap of a point", 0, Gap(Doubles(lloyd), Doubles(exact)), 0.1);
        yield return this.Near("CLVQ against Lloyd, distortion ratio", 1, exact.Distortion / lloyd.Distortion, 0.03);
        yield return this.Near("CLVQ, exact pass against the true masses of its cells", 0, Gap(TrueMasses(exact), exact.Weights), 0.001);
        yield return this.Near("CLVQ, recursion against the exact pass, largest gap of a weight", 0, Gap(exact.Weights, recursion.Weights), 5 * RecursionDeviation(exact.Weights.Max()));
    }

    private IEnumerable<CheckRow> OfMacQueen(ClassCodebook lloyd, Func<QuantizerOptions, ClassCodebook> fit)
    {
        var options = Clvq with { StepSize = StepSize.MacQueen() };
        var (exact, counts) = (fit(options), fit(options with { Masses = MassEstimate.Streaming }));
        var stays = fit(options with { Initialization = QuantizerInitialization.Supplied, InitialCentroids = lloyd.Centroids });
        yield return this.AtMost("MacQueen from k-means++ against Lloyd, distortion ratio", 1, exact.Distortion / lloyd.Distortion, 1);
        yield return this.Near("MacQueen from Lloyd's points against Lloyd, distortion ratio", 1, stays.Distortion / lloyd.Distortion, 0.05);
        yield return this.Near("MacQueen from Lloyd's points against Lloyd, largest gap of a point", 0, Gap(Doubles(lloyd), Doubles(stays)), 0.3);
        yield return this.Near("MacQueen, exact pass against the true masses of its cells", 0, Gap(TrueMasses(exact), exact.Weights), 0.001);
        yield return this.Near("MacQueen, running counts against the exact pass, largest gap of a weight", 0, Gap(exact.Weights, counts.Weights), 0.02);
    }

    // The classical step's constants in one dimension: a = 4 K, b = (pi / K)^2.
    private static double RecursionDeviation(double weight)
    {
        const double A = 4 * Points, B = Math.PI * Math.PI / (Points * Points);
        return Math.Sqrt(A / (A + B * Samples * Passes) * weight / 2);
    }

    private static double[] TrueMasses(ClassCodebook book) => LineQuantizer.WithVoronoiMasses(Law, Doubles(book)).Weights;

    // Centroids come in no order; on the line they have one.
    private static ClassCodebook Ordered(ClassCodebook book)
    {
        var order = Enumerable.Range(0, book.Count).OrderBy(k => book.Centroids[k]).ToArray();
        return book with { Centroids = Array.ConvertAll(order, k => book.Centroids[k]), Weights = Array.ConvertAll(order, k => book.Weights[k]), Counts = Array.ConvertAll(order, k => book.Counts[k]) };
    }

    private static double[] Doubles(ClassCodebook book) => Array.ConvertAll(book.Centroids, c => (double)c);

    private static double Gap(double[] a, double[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max();
}

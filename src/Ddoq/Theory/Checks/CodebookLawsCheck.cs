using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Theory.Checks;

/// <summary>T16: what every codebook must satisfy, whatever the samples: sums, order, seeds, threads and precision.</summary>
internal sealed class CodebookLawsCheck : ITheoryCheck
{
    private const int Count = 2000, Dimension = 6, Points = 12;

    public string Id => "T16";

    public string Claim => "weights sum to 1, counts to n; order, threads and precision change nothing; a seed decides all";

    public IEnumerable<CheckRow> Run(CheckContext context)
    {
        var samples = SyntheticSamples.Mixture(Count, Dimension, context.Seeds.Stream("theory/laws"));
        ClassCodebook Fit(SampleMatrix x, QuantizerOptions options, int threads = 1) => context.Subjects.Fit(x, options with { ImagesPerClass = Points }, context.Seeds, threads);
        var book = Fit(samples, new QuantizerOptions());
        var direct = new DirectAssignment(samples, book.Centroids);
        yield return this.Near("sum of the weights", 1, book.Weights.Sum(), 1e-12);
        yield return this.AtLeast("least weight", 0, book.Weights.Min());
        yield return this.Near("sum of the counts", Count, book.Counts.Sum(), 0);
        yield return this.Near("samples counted in another cell than the nearest point's", 0, book.Counts.Zip(direct.Counts, (a, b) => Math.Abs(a - b)).Sum(), 0);
        yield return this.Near("largest gap of a weight to count / n", 0, book.Weights.Zip(book.Counts, (w, n) => Math.Abs(w - n / (double)Count)).Max(), 1e-12);
        yield return this.Near("same seed, numbers that differ", 0, Differences(book, Fit(samples, new QuantizerOptions())), 0);
        yield return this.Near("2 threads, numbers that differ", 0, Differences(book, Fit(samples, new QuantizerOptions(), 2)), 0);
        yield return this.MoreThan("another seed, random start, numbers that differ", 0, Differences(RandomStart(context, samples, 0), RandomStart(context, samples, 1)));
        foreach (var row in FromOneStart(samples, Fit, context)) yield return row;
    }

    // From one start Lloyd's algorithm is a function of the samples alone: neither their order nor rounding to 16 bits may matter beyond rounding. The exchange after
    // it takes samples one by one and may depend on their order; the cells of given points may not.
    private IEnumerable<CheckRow> FromOneStart(SampleMatrix samples, Func<SampleMatrix, QuantizerOptions, int, ClassCodebook> fit, CheckContext context)
    {
        var book = fit(samples, From(samples.Values[..(Points * Dimension)]), 1);
        var shuffled = samples.Select(context.Seeds.Stream("theory/order").Permutation(Count));
        var permuted = fit(shuffled, From(samples.Values[..(Points * Dimension)]), 1);
        yield return this.Near("samples in another order, same points, counts that differ", 0, book.Counts.Zip(VoronoiAssignment.Of(shuffled, book.Centroids).Counts.ToArray(), (a, b) => Math.Abs(a - b)).Sum(), 0);
        yield return this.Near("samples in another order, Lloyd from one start, largest gap of a centroid", 0, Gap(book, permuted), 1e-4);
        yield return this.Near("samples in another order, Lloyd from one start, largest gap of a weight", 0, WeightGap(book, permuted), 1e-12);
        var again = fit(samples, From(book.Centroids), 1);
        var half = fit(new SampleMatrix(Array.ConvertAll(samples.Values.ToArray(), v => (float)(Half)v), Dimension), From(book.Centroids), 1);
        yield return this.Near("float16 samples, distortion / that of float32", 1, half.Distortion / again.Distortion, 1e-3);
        yield return this.Near("float16 samples, largest gap of a weight", 0, WeightGap(again, half), 0.01);
    }

    private static QuantizerOptions From(ReadOnlyMemory<float> centroids) => new() { Initialization = QuantizerInitialization.Supplied, InitialCentroids = centroids, Exchange = false };

    private static ClassCodebook RandomStart(CheckContext context, SampleMatrix samples, int draw) => context.Subjects.Fit(samples,
        new QuantizerOptions { ImagesPerClass = Points, Initialization = QuantizerInitialization.Random }, new SeedSequence(context.Seeds.For("theory/another seed", draw)), 1);

    private static int Differences(ClassCodebook a, ClassCodebook b) =>
        a.Centroids.Zip(b.Centroids, (x, y) => BitConverter.SingleToInt32Bits(x) == BitConverter.SingleToInt32Bits(y) ? 0 : 1).Sum()
        + a.Weights.Zip(b.Weights, (x, y) => x.Equals(y) ? 0 : 1).Sum() + (a.Distortion.Equals(b.Distortion) ? 0 : 1);

    private static double Gap(ClassCodebook a, ClassCodebook b) => a.Centroids.Zip(b.Centroids, (x, y) => Math.Abs((double)x - y)).Max();

    private static double WeightGap(ClassCodebook a, ClassCodebook b) => a.Weights.Zip(b.Weights, (x, y) => Math.Abs(x - y)).Max();
}

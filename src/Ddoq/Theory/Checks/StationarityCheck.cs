using Ddoq.Quantization;

namespace Ddoq.Theory.Checks;

/// <summary>T5: every point of an optimal quantizer is the mean of its cell, and the quantized variable has the mean of the variable.</summary>
internal sealed class StationarityCheck : ITheoryCheck
{
    private static readonly (string Name, ILineDistribution Law)[] Lines =
        [("N(0, 1)", NormalDistribution.Standard), ("mixture", new NormalMixture((0.9, new NormalDistribution(-3, 0.5)), (0.1, new NormalDistribution(3, 0.5))))];

    public string Id => "T5";

    public string Claim => "points are the means of their cells; quantizing keeps the mean";

    public IEnumerable<CheckRow> Run(CheckContext context)
    {
        foreach (var (name, law) in Lines)
        {
            var book = context.Subjects.Optimal(law, 10);
            yield return this.Near($"{name}, K=10, largest gap to a cell's mean", 0, book.Points.Select((x, k) => Math.Abs(x - LineQuantizer.Cell(law, book.Points, k).Mean)).Max(), 1e-9);
            yield return this.Near($"{name}, K=10, mean of the quantized variable", law.Mean, book.Points.Zip(book.Weights, (x, w) => x * w).Sum(), 1e-9);
        }
        var samples = SyntheticSamples.Mixture(5000, 4, context.Seeds.Stream("theory/stationarity"));
        var fitted = context.Subjects.Fit(samples, new QuantizerOptions { ImagesPerClass = 20, Tolerance = 0, MaxIterations = 10_000 }, context.Seeds, context.Threads);
        yield return this.Near("5,000 samples in d=4, K=20, largest gap to a cell's mean", 0, new DirectAssignment(samples, fitted.Centroids).LargestGap(fitted.Centroids), 1e-5);
        yield return this.Near("5,000 samples in d=4, K=20, largest gap of the mean", 0, Enumerable.Range(0, 4).Max(j => Math.Abs(MeanOf(samples, j) - MeanOf(fitted, j))), 1e-5);
    }

    private static double MeanOf(SampleMatrix samples, int column) => Enumerable.Range(0, samples.Count).Average(i => (double)samples.Values.Span[i * samples.Dimension + column]);

    private static double MeanOf(ClassCodebook book, int column) => Enumerable.Range(0, book.Count).Sum(k => book.Weights[k] * book.Centroids[k * book.Dimension + column]);
}

using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Theory.Checks;

/// <summary>
/// T20: the mean of n samples is shorter than they are, by about sqrt(s + (1 - s) / n), s the part of their squared norm that all share; centroids of many samples
/// leave the shell on which the data lie, and the warning says so.
/// </summary>
internal sealed class CentroidNormCheck : ITheoryCheck
{
    private const int Dimension = 512, Count = 1024;

    public string Id => "T20";

    public string Claim => "a centroid of n samples is shorter by sqrt(s + (1 - s)/n), s their shared part";

    public IEnumerable<CheckRow> Run(CheckContext context)
    {
        foreach (var (shared, excess) in new[] { (0.0, 1.0), (0.3, 0.1), (0.7, 0.1) })
        {
            var samples = SyntheticSamples.WithSharedPart(Count, Dimension, shared, context.Seeds.Stream("theory/norms", (long)(10 * shared)));
            yield return this.Near($"shared part {shared}, estimate", shared, CentroidNorms.Of(samples, samples.Values[..Dimension], [1]).SharedPart, 0.03);
            foreach (var size in new[] { 1, 4, 16, 64 }) yield return Law(samples, shared, size);
            foreach (var row in Fitted(context, samples, shared, excess)) yield return row;
        }
        yield return Groups(context);
    }

    // Cells of n samples each, taken as they come: independent samples, to which the law applies exactly.
    private CheckRow Law(SampleMatrix samples, double shared, int size)
    {
        var cells = Count / size;
        var means = new float[cells * Dimension];
        for (var i = 0; i < samples.Values.Length; i++) means[i / (size * Dimension) * Dimension + i % Dimension] += samples.Values.Span[i] / size;
        var norms = CentroidNorms.Of(samples, means, [.. Enumerable.Repeat(size, cells)]);
        var expected = Math.Sqrt(shared + (1 - shared) / size);
        return this.Near($"shared part {shared}, means of {size}, mean norm / median norm", expected, norms.Ratios.Average(), 0.05 * expected);
    }

    // k-means groups samples that agree by chance, so its centroids are longer than the law: by much where nothing else is shared, and still far from the shell.
    private IEnumerable<CheckRow> Fitted(CheckContext context, SampleMatrix samples, double shared, double excess)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        var book = context.Subjects.Fit(samples, new QuantizerOptions { ImagesPerClass = 8, MaxIterations = 30 }, context.Seeds, context.Threads);
        var norms = CentroidNorms.Of(samples, book.Centroids, book.Counts);
        var found = norms.Ratios.Zip(norms.Law, (r, l) => r / l).Average();
        yield return this.AtLeast($"shared part {shared}, K=8, mean norm / that of the law", 1, found, 0.02);
        yield return this.AtMost($"shared part {shared}, K=8, mean norm / that of the law", 1, found, excess);
        yield return this.Near($"shared part {shared}, K=8, centroids outside the shell", 8, norms.OutsideShell, 0);
    }

    // Eight groups whose members differ little: each centroid is nearly a sample, and there is nothing to warn of.
    private CheckRow Groups(CheckContext context)
    {
        var values = Enumerable.Range(0, 8).SelectMany(g => SyntheticSamples.WithSharedPart(Count / 8, Dimension, 0.995, context.Seeds.Stream("theory/groups", g)).Values.ToArray());
        var samples = new SampleMatrix(values.ToArray(), Dimension);
        var book = context.Subjects.Fit(samples, new QuantizerOptions { ImagesPerClass = 8 }, context.Seeds, context.Threads);
        return this.Near("8 tight groups, K=8, centroids outside the shell", 0, CentroidNorms.Of(samples, book.Centroids, book.Counts).OutsideShell, 0);
    }
}

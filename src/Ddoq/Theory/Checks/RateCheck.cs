using Ddoq.Planning;
using Ddoq.Quantization;

namespace Ddoq.Theory.Checks;

/// <summary>
/// T10: W2 falls as K^(-1/d), where d is the dimension that the samples fill, not the one that they are written in (Zador 1982). The slope is read off between a
/// few K. Points look better than they are on the samples that placed them, and as much worse on fresh ones: the mean of both distortions is taken.
/// </summary>
internal sealed class RateCheck : ITheoryCheck
{
    public string Id => "T10";

    public string Claim => "W2 falls as K^(-1/d), d the intrinsic dimension";

    public IEnumerable<CheckRow> Run(CheckContext context)
    {
        yield return Row(context, "normal mixture in d=1", 1, [16, 32, 64], 0.15, (n, draw) => SyntheticSamples.Mixture(n, 1, context.Seeds.Stream("theory/rate 1", draw)));
        yield return Row(context, "normal mixture in d=2", 2, [32, 64, 128], 0.1, (n, draw) => SyntheticSamples.Mixture(n, 2, context.Seeds.Stream("theory/rate 2", draw)));
        yield return Row(context, "normal mixture in d=4", 4, [64, 128, 256], 0.15, (n, draw) => SyntheticSamples.Mixture(n, 4, context.Seeds.Stream("theory/rate 4", draw)));
        yield return Row(context, "normal mixture in d=8", 8, [64, 128, 256], 0.15, (n, draw) => SyntheticSamples.Mixture(n, 8, context.Seeds.Stream("theory/rate 8", draw)));
        yield return Row(context, "curve in 16 dimensions", 1, [16, 32, 64], 0.1, (n, draw) => SyntheticSamples.Bent(n, 1, 16, context.Seeds.Stream("theory/rate curve", draw)));
        yield return Row(context, "surface in 16 dimensions", 2, [32, 64, 128], 0.1, (n, draw) => SyntheticSamples.Bent(n, 2, 16, context.Seeds.Stream("theory/rate surface", draw)));
    }

    private CheckRow Row(CheckContext context, string what, int dimension, int[] counts, double tolerance, Func<int, int, SampleMatrix> draw)
    {
        var (samples, fresh) = (draw(10_000, 0), draw(10_000, 1));
        var distances = Array.ConvertAll(counts, k => Distance(Fit(context, samples, k), fresh));
        var slope = DecayRate.Of(counts.Zip(distances))?.Slope ?? double.NaN;
        return this.Near($"{what}, K={counts[0]} to {counts[^1]}, slope", -1.0 / dimension, slope, tolerance / dimension);
    }

    private static double Distance(ClassCodebook book, SampleMatrix fresh) => Math.Sqrt((book.Distortion + new DirectAssignment(fresh, book.Centroids).Distortion) / 2);

    private static ClassCodebook Fit(CheckContext context, SampleMatrix samples, int k)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        return context.Subjects.Fit(samples, new QuantizerOptions { ImagesPerClass = k, MaxIterations = 50 }, context.Seeds, context.Threads);
    }
}

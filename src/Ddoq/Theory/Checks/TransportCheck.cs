using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Theory.Checks;

/// <summary>T6: with Voronoi masses W2^2 is the distortion, and any other weights on the same points are farther away.</summary>
internal sealed class TransportCheck : ITheoryCheck
{
    private const int OtherWeights = 20;

    public string Id => "T6";

    public string Claim => "W2^2 equals the distortion with Voronoi masses, and is greater with any others";

    public IEnumerable<CheckRow> Run(CheckContext context) => OnTheLine(context).Concat(OfSamples(context));

    private IEnumerable<CheckRow> OnTheLine(CheckContext context)
    {
        var law = NormalDistribution.Standard;
        var book = context.Subjects.Optimal(law, 10);
        var distortion = LineQuantizer.WithVoronoiMasses(law, book.Points).SquaredDistance;
        double Transport(double[] weights) => QuantileTransport.SquaredDistance(law, book.Points, weights);
        yield return this.Near("N(0, 1), K=10, W2^2 with the codebook's weights", distortion, Transport(book.Weights), 1e-10);
        yield return this.MoreThan("N(0, 1), K=10, W2^2 with equal weights", distortion, Transport(Equal(10)));
        yield return this.MoreThan($"N(0, 1), K=10, least W2^2 of {OtherWeights} other weights", distortion, Others(book.Weights, context, 0).Min(Transport));
    }

    private IEnumerable<CheckRow> OfSamples(CheckContext context)
    {
        var samples = SyntheticSamples.Mixture(300, 3, context.Seeds.Stream("theory/transport"));
        var book = context.Subjects.Fit(samples, new QuantizerOptions { ImagesPerClass = 6 }, context.Seeds, context.Threads);
        double Transport(double[] weights) => context.Subjects.Transport(samples, new SampleMatrix(book.Centroids, book.Dimension, weights));
        var distortion = new DirectAssignment(samples, book.Centroids).Distortion;
        yield return this.Near("300 samples in d=3, K=6, W2^2 with the codebook's weights", distortion, Transport(book.Weights), 1e-9);
        yield return this.Near("300 samples in d=3, K=6, reported distortion", distortion, book.Distortion, 1e-6);
        yield return this.MoreThan("300 samples in d=3, K=6, W2^2 with equal weights", distortion, Transport(Equal(6)));
        yield return this.MoreThan($"300 samples in d=3, K=6, least W2^2 of {OtherWeights} other weights", distortion, Others(book.Weights, context, 1).Min(Transport));
    }

    private static double[] Equal(int count) => [.. Enumerable.Repeat(1.0 / count, count)];

    // The weights with each factor changed by up to 20 %, and brought back to the sum 1.
    private static IEnumerable<double[]> Others(double[] weights, CheckContext context, int draw)
    {
        var random = context.Seeds.Stream("theory/other weights", draw);
        return [.. Enumerable.Range(0, OtherWeights).Select(_ => Perturbed(weights, ref random))];
    }

    private static double[] Perturbed(double[] weights, ref SplitMix random)
    {
        var other = new double[weights.Length];
        for (var k = 0; k < other.Length; k++) other[k] = weights[k] * (0.8 + 0.4 * random.NextDouble());
        var sum = other.Sum();
        return Array.ConvertAll(other, w => w / sum);
    }
}

using CsCheck;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed class SketchTests
{
    [Fact]
    public void Contraction_AnyPoints_LengthensNoDistance() => Draws.Small.Sample(t => CheckDistances(t.Samples, 3));

    [Theory]
    [InlineData(40, 1f, 0f)]
    [InlineData(700, 1f, 0f)]
    [InlineData(700, 1e-4f, 0f)]
    [InlineData(700, 1f, 1e4f)]
    public void Contraction_ManyDimensions_LengthensNoDistance(int dimension, float scale, float offset) =>
        CheckDistances(Draws.Blobs(120, dimension, 6).Map(v => scale * v + offset), 12);

    [Fact]
    public void Contraction_SamplesInTheSpan_KeepsDistances()
    {
        var samples = Flat(300, 400, 5);
        var (points, norms) = Contract(samples, 8, out var contraction);
        var scale = norms.Max();
        for (var i = 0; i < 50; i++)
            for (var j = 0; j < i; j++)
            {
                var distance = DistanceKernel.SquaredDistance(Row(samples, i), Row(samples, j));
                var found = norms[i] + norms[j] - 2 * DistanceKernel.Product(points[i], points[j]);
                Assert.InRange(found, distance - 2e-3 * scale, distance + 2e-3 * scale);
            }
        Assert.Equal(9, contraction.Width);
    }

    [Fact]
    public void Of_FewerRowsThanDirections_LeavesTheRestZero()
    {
        var centred = new CentredSamples(Draws.Blobs(5, 30, 5), 1);
        var directions = PrincipalDirections.Of(centred, 10, null)!;
        Assert.InRange(Enumerable.Range(0, 10).Count(j => DistanceKernel.SquaredNorm(directions[j]) > 0), 1, 5);
    }

    // 63 of the directions of 128 rows hold half of any noise.
    [Fact]
    public void For_FewRowsOfNoiseAndManyDirections_IsNone()
    {
        Assert.Null(new CentredSamples(Noise(1000, 500), 1).Contractions.For(200));
        Assert.NotNull(new CentredSamples(Flat(1000, 500, 12), 1).Contractions.For(200));
    }

    [Fact]
    public void Of_SamplesAllEqual_IsHarmless()
    {
        var samples = new SampleMatrix(Enumerable.Repeat(3f, 50 * 20).ToArray(), 20);
        var search = new NearestSearch(new CentredSamples(samples, 1), BoundKind.Sketch);
        search.Run(new double[3 * 20]);
        Assert.All(search.Labels, label => Assert.Equal(0, label));
    }

    [Fact]
    public void Run_SamplesNearAFewDirections_ChoosesASketch()
    {
        Assert.True(Searched(Flat(4300, 500, 12)).UsesSketch);
        Assert.False(Searched(Noise(4300, 500)).UsesSketch);
        Assert.False(Searched(Flat(22000, 100, 12)).UsesSketch); // too few dimensions to save any
        Assert.False(Searched(Flat(4100, 500, 12)).UsesSketch); // too few numbers
    }

    [Theory]
    [InlineData(7)]
    [InlineData(32)]
    [InlineData(784)]
    [InlineData(5000)]
    public void NearlySquaredDistance_AnyLength_ErrsByNoMoreThanItSays(int dimension)
    {
        var random = new SplitMix(4);
        for (var t = 0; t < 20; t++)
        {
            var (x, c) = (Enumerable.Range(0, dimension).Select(_ => (float)random.NextGaussian()).ToArray(), Enumerable.Range(0, dimension).Select(_ => (float)random.NextGaussian()).ToArray());
            var exact = DistanceKernel.SquaredDistance(x, Array.ConvertAll(c, v => (double)v));
            Assert.InRange(DistanceKernel.NearlySquaredDistance(x, c), exact * (1 - DistanceKernel.NearlyError), exact * (1 + DistanceKernel.NearlyError));
        }
    }

    [Fact]
    public void SquaredDistance_OfFloatRow_HasTheBitsOfTheWidenedRow()
    {
        var random = new SplitMix(5);
        foreach (var dimension in new[] { 1, 16, 33, 400 })
        {
            var x = Enumerable.Range(0, dimension).Select(_ => (float)random.NextGaussian()).ToArray();
            var c = Enumerable.Range(0, dimension).Select(_ => random.NextGaussian()).ToArray();
            Assert.Equal(DistanceKernel.SquaredDistance(Array.ConvertAll(x, v => (double)v), c), DistanceKernel.SquaredDistance(x, c));
        }
    }

    // For every pair: the sketch's squared distance less its error stays below the true one.
    private static void CheckDistances(SampleMatrix samples, int directions)
    {
        var (points, norms) = Contract(samples, directions, out var contraction);
        var panels = new CentroidPanels(samples.Count, contraction.Width, 1);
        panels.Pack(points);
        for (var i = 0; i < samples.Count; i++)
            for (var j = 0; j < samples.Count; j++)
            {
                var found = DistanceKernel.SquaredNorm(points[j]) - 2 * DistanceKernel.Product(points[i], points[j]) + norms[i];
                var exact = DistanceKernel.SquaredDistance(Row(samples, i), Row(samples, j));
                Assert.True(found - contraction.ErrorFor(norms[i], panels) <= exact * (1 + 1e-12), $"{i}, {j}: {found} for {exact}");
            }
    }

    private static (ContractedRows Points, double[] Norms) Contract(SampleMatrix samples, int directions, out Contraction contraction)
    {
        var centred = new CentredSamples(samples, 1);
        contraction = new Contraction(PrincipalDirections.Of(centred, directions, null)!, 1);
        var points = new ContractedRows(contraction, centred, i => centred.SquaredNorms[i], samples.Count, 1);
        points.Fill();
        return (points, centred.SquaredNorms);
    }

    private static NearestSearch Searched(SampleMatrix samples)
    {
        var search = new NearestSearch(new CentredSamples(samples, 1));
        search.Run(Array.ConvertAll(samples.Values[..(20 * samples.Dimension)].ToArray(), v => (double)v));
        return search;
    }

    private static double[] Row(SampleMatrix samples, int index) => Array.ConvertAll(samples.Row(index).ToArray(), v => (double)v);

    // Samples in a space of few directions, and a little noise.
    private static SampleMatrix Flat(int count, int dimension, int directions)
    {
        var random = new SplitMix(2);
        var basis = Enumerable.Range(0, directions * dimension).Select(_ => random.NextGaussian()).ToArray();
        var values = new float[count * dimension];
        for (var i = 0; i < count; i++)
            for (var d = 0; d < directions; d++)
            {
                var along = random.NextGaussian();
                for (var j = 0; j < dimension; j++) values[i * dimension + j] += (float)(along * basis[d * dimension + j]);
            }
        return new SampleMatrix(Array.ConvertAll(values, v => v + 1e-3f * (float)random.NextGaussian()), dimension);
    }

    private static SampleMatrix Noise(int count, int dimension)
    {
        var random = new SplitMix(3);
        return new SampleMatrix(Enumerable.Range(0, count * dimension).Select(_ => (float)random.NextGaussian()).ToArray(), dimension);
    }
}

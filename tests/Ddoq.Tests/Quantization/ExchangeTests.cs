using CsCheck;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed class ExchangeTests
{
    private static readonly SeedSequence Seeds = new(5);

    [Fact]
    public void Pass_AnySamples_LowersTheDistortionByWhatItSays() => Draws.Small.Sample(t =>
    {
        var weights = Enumerable.Range(0, t.Samples.Count).Select(i => 1.0 + i % 3).ToArray();
        var samples = t.Samples.Weighted(weights);
        var centroids = Array.ConvertAll(samples.Values[..(t.K * samples.Dimension)].ToArray(), v => (double)v);
        var search = new NearestSearch(new CentredSamples(samples, 1));
        var sums = new GridSums(search.Samples, t.K);
        new LloydStep(search, sums, centroids).Advance();
        if (sums.Counts.Contains(0)) return; // the step put that centroid on a sample; the partition of the sums is another
        var exchange = new Exchange(search, sums, centroids);
        for (var pass = 0; pass < 5; pass++)
        {
            var before = Cost(samples, centroids, search.Labels);
            var gain = exchange.Pass();
            Assert.Equal(before - gain, Cost(samples, centroids, search.Labels), 1e-6 * (1 + before));
            Assert.True(gain >= 0);
        }
    });

    [Fact]
    public void Pass_WhereLloydIsStuck_FindsTheBetterPartition()
    {
        // {0, 6}, {10}: 6 is nearer to 3 than to 10, so Lloyd stays at 9 + 9; alone with 10 it costs 4 + 4.
        var samples = new SampleMatrix(new float[] { 0, 6, 10 }, 1);
        var options = new QuantizerOptions { ImagesPerClass = 2, Initialization = QuantizerInitialization.Supplied, InitialCentroids = new float[] { 3, 10 }, Tolerance = 0 };
        Assert.Equal(18.0 / 3, new LloydQuantizer(options with { Exchange = false }).Fit(samples, Seeds, 0).Distortion, 1e-6);
        Assert.Equal(8.0 / 3, new LloydQuantizer(options).Fit(samples, Seeds, 0).Distortion, 1e-6);
    }

    [Fact]
    public void Fit_SmallCellsInManyDimensions_BeatsLloydAlone()
    {
        var samples = Draws.Blobs(400, 200, 5);
        var options = new QuantizerOptions { ImagesPerClass = 30 };
        for (ulong seed = 0; seed < 3; seed++)
        {
            var lloyd = new LloydQuantizer(options with { Exchange = false }).Fit(samples, new SeedSequence(seed), 0);
            var exchanged = new LloydQuantizer(options).Fit(samples, new SeedSequence(seed), 0);
            Assert.True(exchanged.Distortion < 0.99 * lloyd.Distortion, $"{lloyd.Distortion} -> {exchanged.Distortion}");
        }
    }

    private static double Cost(SampleMatrix samples, double[] centroids, int[] labels)
    {
        var distances = VoronoiAssignment.SquaredDistancesTo(samples, centroids, labels, 1);
        return distances.Select((d, i) => samples.WeightOf(i) * d).Sum();
    }
}

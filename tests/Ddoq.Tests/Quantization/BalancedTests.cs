using CsCheck;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed class BalancedTests
{
    private static readonly SeedSequence Seeds = new(7);

    [Theory] // T7, column (iii): the mean of slices of equal mass is the optimum on the line
    [InlineData(2, 0.363380)]
    [InlineData(3, 0.206771)]
    [InlineData(4, 0.139441)]
    [InlineData(5, 0.103045)]
    [InlineData(8, 0.054966)]
    [InlineData(10, 0.040954)]
    [InlineData(20, 0.016694)]
    public void Fit_NormalGrid_IsTheTableOfBalancedPoints(int k, double expected)
    {
        var book = Fit(Draws.NormalGrid(4000), Options(k));
        Assert.Equal(expected, book.Distortion, 3e-4);
        Assert.True(book.VoronoiDistortion <= book.Distortion);
    }

    [Theory]
    [InlineData(2, 2.577)]
    [InlineData(3, 2.093)]
    [InlineData(5, 1.371)]
    public void Fit_UnbalancedMixture_IsTheTableOfBalancedPoints(int k, double expected)
    {
        // 0.9 N(-3, 1/4) + 0.1 N(3, 1/4).
        var values = Draws.NormalGrid(3600).Map(x => -3 + x / 2).Values.ToArray().Concat(Draws.NormalGrid(400).Map(x => 3 + x / 2).Values.ToArray());
        Assert.Equal(expected, Fit(new SampleMatrix(values.ToArray(), 1), Options(k)).Distortion, 2e-3);
    }

    [Fact]
    public void Find_MeansOfThePlanBefore_NeverCostsMore() => Draws.Small.Sample(t =>
    {
        var planner = new EqualWeightPlanner(TransportMethod.Exact, 1);
        var plan = planner.Find(t.Samples, Array.ConvertAll(t.Samples.Values[..(t.K * t.Samples.Dimension)].ToArray(), v => (double)v));
        for (var step = 0; step < 4; step++)
        {
            var next = planner.Find(t.Samples, plan.Means(t.Samples), plan);
            Assert.InRange(next.Cost, 0, plan.Cost + 1e-12);
            plan = next;
        }
    });

    [Fact]
    public void Fit_SmallMatrices_GivesEveryCentroidTheSameMass() => Draws.Small.Sample(t =>
    {
        var book = Fit(t.Samples, Options(t.K));
        Assert.All(book.Weights, w => Assert.Equal(1.0 / t.K, w));
        Assert.Equal(t.Samples.Count, book.Counts.Sum());
        if (t.Samples.Count % t.K == 0) Assert.All(book.Counts, c => Assert.Equal(t.Samples.Count / t.K, c));
        Assert.Equal(book.Distortion, book.LocalDistortion.Average(), 1e-9);
        Assert.Equal(EqualWeightTransport.Cost(t.Samples, book.Centroids), book.Distortion, 1e-9);
        Assert.Equal(VoronoiAssignment.Of(t.Samples, book.Centroids).Distortion, book.VoronoiDistortion!.Value, 1e-9);
        Assert.True(book.VoronoiDistortion <= book.Distortion + 1e-5 * (1 + book.Distortion));
    });

    [Fact]
    public void Fit_FourPointsInTwoUnevenGroups_SplitsTheLargerOne()
    {
        // Halves of equal mass: {0, 1} and {2, 10}, though k-means would leave 10 alone.
        var book = Fit(new SampleMatrix(new float[] { 0, 1, 2, 10 }, 1), Options(2));
        Assert.Equal([0.5f, 6f], book.Centroids.Order());
        Assert.Equal((0.25 + 0.25 + 16 + 16) / 4, book.Distortion, 1e-12);
        Assert.Equal((0.25 + 0.25 + 2.25 + 16) / 4, book.VoronoiDistortion!.Value, 1e-12);
    }

    [Fact]
    public void Fit_OddSample_IsSplit()
    {
        // 1.5 samples each: the middle one goes half to either side.
        var book = Fit(new SampleMatrix(new float[] { 0, 6, 12 }, 1), Options(2));
        Assert.Equal([2f, 10f], book.Centroids.Order());
        Assert.Equal(8, book.Distortion, 1e-12);
        Assert.Equal([1, 2], book.Counts.Order());
    }

    [Fact]
    public void Fit_BestOfAll_CostsNoMoreThanKMeansPointsWithEqualWeights()
    {
        var samples = Draws.Blobs(600, 3, 4);
        var lloyd = new LloydQuantizer(new QuantizerOptions { ImagesPerClass = 7 }).Fit(samples, Seeds, 0);
        var balanced = Fit(samples, Options(7) with { Restarts = 3 });
        Assert.InRange(balanced.Distortion, lloyd.Distortion, EqualWeightTransport.Cost(samples, lloyd.Centroids));
    }

    [Fact]
    public void Fit_Restarts_KeepsTheLeastCost()
    {
        var samples = Draws.Blobs(200, 2, 5);
        var one = Fit(samples, Options(9)).Distortion;
        var five = Fit(samples, Options(9) with { Restarts = 5 }).Distortion;
        Assert.InRange(five, 0, one);
    }

    [Fact]
    public void Fit_ShiftedAndScaled_FollowsTheSamples()
    {
        var (samples, start) = Started(120, 3, 5);
        var book = Fit(samples, start);
        var moved = Fit(samples.Map(v => 4 * v + 32), start with { InitialCentroids = Array.ConvertAll(start.InitialCentroids.ToArray(), v => 4 * v + 32) });
        for (var j = 0; j < book.Centroids.Length; j++) Assert.Equal(4 * book.Centroids[j] + 32, moved.Centroids[j], 1e-4);
        Assert.Equal(16 * book.Distortion, moved.Distortion, 1e-4);
        Assert.Equal(book.Counts, moved.Counts);
    }

    [Fact]
    public void Fit_SamplesInOtherOrder_IsTheSame()
    {
        var (samples, start) = Started(120, 3, 5);
        var (book, shuffled) = (Fit(samples, start), Fit(samples.Select(new SplitMix(3).Permutation(120)), start));
        for (var j = 0; j < book.Centroids.Length; j++) Assert.Equal(book.Centroids[j], shuffled.Centroids[j], 1e-5);
        Assert.Equal(book.Counts, shuffled.Counts);
    }

    [Fact]
    public void Fit_WeightTwo_EqualsTheSampleTwice()
    {
        var (samples, start) = Started(60, 2, 3);
        var weighted = Fit(samples.Weighted([.. Enumerable.Range(0, 60).Select(i => i % 3 == 0 ? 2.0 : 1.0)]), start);
        var repeated = Fit(samples.Select([.. Enumerable.Range(0, 60).SelectMany(i => i % 3 == 0 ? new[] { i, i } : [i])]), start);
        for (var j = 0; j < weighted.Centroids.Length; j++) Assert.Equal(repeated.Centroids[j], weighted.Centroids[j], 1e-4);
        Assert.Equal(repeated.Distortion, weighted.Distortion, 1e-6);
    }

    [Fact]
    public void Fit_Entropic_IsAsGoodAsExact()
    {
        var (samples, start) = Started(900, 4, 12);
        var exact = Fit(samples, start with { Transport = TransportMethod.Exact });
        var entropic = Fit(samples, start with { Transport = TransportMethod.Entropic });
        Assert.Equal(exact.Distortion, entropic.Distortion, 1e-6 * exact.Distortion);
        Assert.All(entropic.Counts, c => Assert.Equal(75, c));
    }

    [Theory]
    [InlineData(TransportMethod.Exact)]
    [InlineData(TransportMethod.Entropic)]
    public void Fit_MoreThreads_HasTheSameBits(TransportMethod method)
    {
        var samples = Draws.Blobs(700, 12, 4);
        var one = new BalancedQuantizer(Options(10) with { Transport = method }, 1).Fit(samples, Seeds, 0);
        var three = new BalancedQuantizer(Options(10) with { Transport = method }, 3).Fit(samples, Seeds, 0);
        Assert.Equal(one.Centroids, three.Centroids);
        Assert.Equal(one.Distortion, three.Distortion);
        Assert.Equal(one.Counts, three.Counts);
    }

    [Fact]
    public void Fit_FewerSamplesThanAsked_KeepsEachWhereAllowed()
    {
        var samples = new SampleMatrix(new float[] { 3, 1 }, 1);
        Assert.Throws<BadInputException>(() => Fit(samples, Options(3)));
        var book = Fit(samples, Options(3) with { AllowFewer = true });
        Assert.Equal([1f, 3f], book.Centroids.Order());
        Assert.Equal(0, book.Distortion);
    }

    private static (SampleMatrix Samples, QuantizerOptions Options) Started(int count, int dimension, int k)
    {
        var samples = Draws.Blobs(count, dimension, 3, seed: 5);
        return (samples, Options(k) with { Initialization = QuantizerInitialization.Supplied, InitialCentroids = samples.Values[..(k * dimension)] });
    }

    private static QuantizerOptions Options(int k) => new() { ImagesPerClass = k, Algorithm = QuantizerAlgorithm.Balanced };

    private static ClassCodebook Fit(SampleMatrix samples, QuantizerOptions options) => new BalancedQuantizer(options).Fit(samples, Seeds, 0);
}

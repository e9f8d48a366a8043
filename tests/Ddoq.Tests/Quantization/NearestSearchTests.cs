using CsCheck;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed class NearestSearchTests
{
    private static readonly BoundKind[] Kinds = Enum.GetValues<BoundKind>();

    [Theory]
    [InlineData(3)]
    [InlineData(64)]
    [InlineData(300)]
    public void Run_WhileCentroidsMove_EqualsTheExhaustiveSearchForEveryBound(int dimension)
    {
        var samples = Draws.Blobs(700, dimension, 12);
        var searches = Kinds.Select(kind => new NearestSearch(new CentredSamples(samples, 1), kind)).ToArray();
        var centroids = Array.ConvertAll(samples.Values[..(50 * dimension)].ToArray(), v => (double)v);
        var random = new SplitMix(3);
        for (var step = 0; step < 12; step++)
        {
            foreach (var search in searches)
            {
                search.Run(centroids);
                Assert.Equal(Exhaustive(samples, centroids), search.Labels);
            }
            for (var j = 0; j < centroids.Length; j++) centroids[j] += 0.3 * Math.Pow(0.5, step) * random.NextGaussian();
        }
    }

    [Theory]
    [InlineData(0.02)]
    [InlineData(0.3)]
    public void Run_WhileCloseCentroidsWander_EqualsTheExhaustiveSearchForEveryBound(double stride)
    {
        var random = new SplitMix(8);
        var samples = new SampleMatrix(Enumerable.Range(0, 400 * 40).Select(_ => (float)random.NextGaussian()).ToArray(), 40);
        var searches = Kinds.Select(kind => new NearestSearch(new CentredSamples(samples, 1), kind)).ToArray();
        var centroids = Array.ConvertAll(samples.Values[..(60 * 40)].ToArray(), v => 0.3 * v);
        for (var step = 0; step < 40; step++)
        {
            var expected = Exhaustive(samples, centroids);
            foreach (var search in searches)
            {
                search.Run(centroids);
                Assert.Equal(expected, search.Labels);
            }
            for (var k = 0; k < 60; k++)
                if (random.NextDouble() < 0.5)
                    for (var j = 0; j < 40; j++) centroids[k * 40 + j] += stride * random.NextGaussian();
        }
    }

    // Squares of such numbers leave float32 downwards.
    [Theory]
    [InlineData(1e-18)]
    [InlineData(1e-19)]
    [InlineData(3e-20)]
    [InlineData(1e-20)]
    [InlineData(1e-21)]
    [InlineData(3e-22)]
    [InlineData(1e-22)]
    [InlineData(1e-23)]
    [InlineData(1e-30)]
    [InlineData(1e-36)]
    public void Run_SamplesWhoseSquaresVanish_EqualsTheExhaustiveSearchForEveryBound(double scale)
    {
        var samples = Draws.Blobs(400, 300, 1).Map(v => (float)(scale * v));
        var searches = Kinds.Select(kind => new NearestSearch(new CentredSamples(samples, 1), kind)).ToArray();
        var centroids = Array.ConvertAll(samples.Values[..(40 * 300)].ToArray(), v => (double)v);
        var random = new SplitMix(3);
        for (var step = 0; step < 4; step++)
        {
            foreach (var search in searches)
            {
                search.Run(centroids);
                Assert.Equal(Exhaustive(samples, centroids), search.Labels);
            }
            for (var j = 0; j < centroids.Length; j++) centroids[j] += 0.3 * scale * Math.Pow(0.5, step) * random.NextGaussian();
        }
    }

    [Fact]
    public void Run_CentroidsThatFloat32CannotTell_DecidesInFloat64ForEveryBound()
    {
        var samples = Draws.Blobs(300, 50, 3);
        var one = Array.ConvertAll(samples.Values[..50].ToArray(), v => (double)v);
        var random = new SplitMix(9);
        var centroids = Enumerable.Range(0, 20).SelectMany(_ => one.Select(v => v + 1e-9 * random.NextGaussian())).ToArray();
        foreach (var kind in Kinds)
        {
            var search = new NearestSearch(new CentredSamples(samples, 1), kind);
            for (var step = 0; step < 3; step++)
            {
                search.Run(centroids);
                Assert.Equal(Exhaustive(samples, centroids), search.Labels);
                for (var j = 0; j < centroids.Length; j++) centroids[j] += 1e-9 * random.NextGaussian();
            }
        }
    }

    [Fact]
    public void Run_AnySmallSamples_TakesTheLowestIndexAtTies() => Draws.Small.Sample(t =>
    {
        var centroids = Array.ConvertAll(t.Samples.Values[..(t.K * t.Samples.Dimension)].ToArray(), v => (double)v);
        foreach (var kind in Kinds)
        {
            var search = new NearestSearch(new CentredSamples(t.Samples, 1), kind);
            search.Run(centroids);
            Assert.Equal(Exhaustive(t.Samples, centroids), search.Labels);
            search.Run(centroids);
            Assert.Equal(Exhaustive(t.Samples, centroids), search.Labels);
        }
    });

    [Fact]
    public void Run_ManyEqualCentroids_DecidesInFloat64()
    {
        var samples = Draws.Blobs(300, 20, 3);
        var one = Array.ConvertAll(samples.Values[..20].ToArray(), v => (double)v);
        var centroids = Enumerable.Range(0, 40).SelectMany(k => one.Select(v => v + (k == 33 ? 1e-13 : 0))).ToArray();
        var search = new NearestSearch(new CentredSamples(samples, 1));
        search.Run(centroids);
        Assert.Equal(Exhaustive(samples, centroids), search.Labels);
        Assert.Equal(300, search.Decisions);
    }

    [Fact]
    public void Run_FarFromOrigin_IsStillExact()
    {
        var samples = Draws.Blobs(500, 30, 8).Map(v => v + 3e6f);
        var centroids = Array.ConvertAll(samples.Values[..(20 * 30)].ToArray(), v => (double)v);
        var search = new NearestSearch(new CentredSamples(samples, 2));
        search.Run(centroids);
        Assert.Equal(Exhaustive(samples, centroids), search.Labels);
    }

    [Fact]
    public void Run_SettledCentroids_ComputesNoScoreAgain()
    {
        var samples = Draws.Blobs(1000, 40, 40);
        var run = new LloydRun(new NearestSearch(new CentredSamples(samples, 1), BoundKind.Panels), CentroidSeeding.Choose(new CentredSamples(samples, 1), 40, new QuantizerOptions { Initialization = QuantizerInitialization.Random }, new SplitMix(1)), new QuantizerOptions { Exchange = false, Tolerance = 0 });
        run.Settle(TestContext.Current.CancellationToken);
        Assert.True(run.Search.ScoresComputed < 0.6 * run.Iterations * 1000 * 48, $"{run.Search.ScoresComputed} scores in {run.Iterations} steps");
    }

    [Fact]
    public void Settle_AnyBoundAndThreads_MovesCentroidsThroughTheSamePositions()
    {
        var samples = Draws.Blobs(900, 33, 30);
        var expected = Settle(samples, BoundKind.None, 1);
        foreach (var kind in Kinds)
            foreach (var threads in new[] { 1, 2, 5 }) Assert.Equal(expected, Settle(samples, kind, threads));
    }

    [Fact]
    public void Advance_OnOneThread_AllocatesNothing()
    {
        var samples = Draws.Blobs(2000, 50, 20);
        var centroids = CentroidSeeding.Choose(new CentredSamples(samples, 1), 40, new QuantizerOptions(), new SplitMix(1));
        var search = new NearestSearch(new CentredSamples(samples, 1), BoundKind.Panels);
        var step = new LloydStep(search, new GridSums(search.Samples, 40), centroids);
        for (var i = 0; i < 3; i++) step.Advance();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 5; i++) step.Advance();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 5 * 2048);
    }

    private static double[] Settle(SampleMatrix samples, BoundKind kind, int threads)
    {
        var centred = new CentredSamples(samples, threads);
        var centroids = CentroidSeeding.Choose(centred, 40, new QuantizerOptions(), new SplitMix(7));
        new LloydRun(new NearestSearch(centred, kind), centroids, new QuantizerOptions { Tolerance = 0 }).Settle(TestContext.Current.CancellationToken);
        return centroids;
    }

    private static int[] Exhaustive(SampleMatrix samples, double[] centroids)
    {
        var (labels, row) = (new int[samples.Count], new double[samples.Dimension]);
        for (var i = 0; i < labels.Length; i++)
        {
            samples.Read(i, 0, row);
            var distances = Enumerable.Range(0, centroids.Length / row.Length).Select(k => DistanceKernel.SquaredDistance(row, centroids.AsSpan(k * row.Length, row.Length))).ToArray();
            labels[i] = Array.IndexOf(distances, distances.Min());
        }
        return labels;
    }
}

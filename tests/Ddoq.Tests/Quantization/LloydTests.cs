using System.Text.Json;
using CsCheck;
using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed class LloydTests
{
    private static readonly SeedSequence Seeds = new(7);

    private static QuantizerOptions From(ReadOnlyMemory<float> start, int k, int iterations = 300) => new()
    {
        ImagesPerClass = k,
        Initialization = QuantizerInitialization.Supplied,
        InitialCentroids = start,
        MaxIterations = iterations,
        Tolerance = 0,
        Exchange = false,
    };

    private static ClassCodebook Fit(SampleMatrix samples, QuantizerOptions options, int threads = 1) => new LloydQuantizer(options, threads).Fit(samples, Seeds, 0);

    private static ClassCodebook Fit(SampleMatrix samples, int k, int restarts = 1) => Fit(samples, new QuantizerOptions { ImagesPerClass = k, Tolerance = 0, Restarts = restarts });

    [Theory]
    [InlineData(20, 30)]
    [InlineData(400, 8)]
    public void Quick_OfManySamples_IsBetterThanAPassOfMiniBatchesForAnyThreads(int dimension, int count)
    {
        var samples = Draws.Blobs(6000, dimension, 40);
        var quick = new LloydQuantizer(QuantizerOptions.Quick(count)).Fit(samples, new SeedSequence(1), 0);
        Assert.InRange(quick.Iterations, 1, 3);
        Assert.True(quick.Distortion < Quantizers.Create(QuantizerOptions.D4m(count)).Fit(samples, new SeedSequence(1), 0).Distortion);
        Assert.Equal(quick.Centroids, new LloydQuantizer(QuantizerOptions.Quick(count), 3).Fit(samples, new SeedSequence(1), 0).Centroids);
    }

    [Fact] // T1
    public void Fit_NormalGrid_ReachesTheKnownDistortions()
    {
        var samples = Draws.NormalGrid(4000);
        (int K, double D)[] known = [(1, 1), (2, 0.363380), (3, 0.190174), (4, 0.117482), (5, 0.079941), (8, 0.034548), (10, 0.022937)];
        foreach (var (k, d) in known)
        {
            var start = Enumerable.Range(0, k).Select(i => -2.5f + 5f * (i + 0.5f) / k).ToArray();
            Assert.Equal(d, VoronoiAssignment.Of(samples, Draws.NormalPoints(k)).Distortion, 1.5e-4);
            // The grid lacks the variance within its 4,000 slices, 1e-4 at most (mostly in the two tails).
            Assert.Equal(d, Fit(samples, From(start, k, 5000)).Distortion, 1.5e-4);
        }
    }

    [Fact] // T2
    public void Fit_NormalGrid_ReachesTheKnownPointsAndMasses()
    {
        var book = Fit(Draws.NormalGrid(4000), From(new float[] { -2, -0.7f, 0.7f, 2 }, 4, 5000));
        double[] points = [-1.51042, -0.45278, 0.45278, 1.51042];
        double[] masses = [0.16315, 0.33685, 0.33685, 0.16315];
        for (var k = 0; k < 4; k++)
        {
            Assert.Equal(points[k], book.Centroids[k], 2e-3);
            Assert.Equal(masses[k], book.Weights[k], 1e-3);
        }
    }

    [Fact] // T3
    public void Fit_UniformGrid_GivesEqualCells()
    {
        var samples = new SampleMatrix(Enumerable.Range(0, 12000).Select(i => (i + 0.5f) / 12000).ToArray(), 1);
        foreach (var k in new[] { 1, 2, 4, 6 })
        {
            var start = Enumerable.Range(0, k).Select(i => (i + 0.6f) / k).ToArray();
            var book = Fit(samples, From(start, k, 5000));
            Assert.Equal(1.0 / (12 * k * k), book.Distortion, 2e-6);
            for (var i = 0; i < k; i++)
            {
                Assert.Equal((2 * i + 1.0) / (2 * k), book.Centroids[i], 1e-3);
                Assert.Equal(1.0 / k, book.Weights[i], 2e-3);
            }
        }
    }

    [Fact] // T5
    public void Fit_AfterConvergence_IsStationaryAndKeepsTheMean()
    {
        var samples = Draws.Blobs(500, 6, 5);
        var book = Fit(samples, 8);
        var assignment = VoronoiAssignment.Of(samples, book.Centroids);
        for (var j = 0; j < 6; j++)
        {
            for (var k = 0; k < 8; k++)
            {
                var mean = Enumerable.Range(0, 500).Where(i => assignment.Labels[i] == k).Average(i => (double)samples.Row(i)[j]);
                Assert.Equal(mean, book.Centroids[k * 6 + j], 1e-5);
            }
            Assert.Equal(Enumerable.Range(0, 500).Average(i => (double)samples.Row(i)[j]), Enumerable.Range(0, 8).Sum(k => book.Weights[k] * book.Centroids[k * 6 + j]), 1e-5);
        }
    }

    [Fact] // T16
    public void Fit_AnySamples_CountsAndWeightsAddUp() => Draws.Small.Sample(t =>
    {
        var book = Fit(t.Samples, t.K);
        Assert.Equal(t.Samples.Count, book.Counts.Sum());
        Assert.Equal(1, book.Weights.Sum(), 1e-12);
        Assert.All(book.Weights, w => Assert.True(w >= 0));
        Assert.All(book.Centroids, v => Assert.True(float.IsFinite(v)));
        Assert.Equal(book.Distortion, book.Weights.Zip(book.LocalDistortion, (w, d) => w * d).Sum(), 1e-9);
        Assert.Equal(VoronoiAssignment.Of(t.Samples, book.Centroids).Distortion, book.Distortion);
    });

    [Fact]
    public void Advance_OneMoreStep_NeverRaisesTheDistortion() => Draws.Small.Sample(t =>
    {
        var centroids = Array.ConvertAll(t.Samples.Values[..(t.K * t.Samples.Dimension)].ToArray(), v => (double)v);
        var search = new NearestSearch(new CentredSamples(t.Samples, 1));
        var step = new LloydStep(search, new GridSums(search.Samples, t.K), centroids);
        var before = double.PositiveInfinity;
        for (var i = 0; i < 8; i++)
        {
            step.Advance();
            var distortion = VoronoiAssignment.Of(search, centroids).Distortion;
            Assert.True(distortion <= before * (1 + 1e-12), $"step {i}: {before} -> {distortion}");
            before = distortion;
        }
    });

    [Fact]
    public void Fit_SampleOfWeightTwo_EqualsTheSampleTwice() => Draws.Small.Sample(t =>
    {
        var (samples, k) = t;
        var start = samples.Values[..(k * samples.Dimension)];
        var twice = Enumerable.Range(0, samples.Count).SelectMany(i => i % 3 == 0 ? new[] { i, i } : [i]).ToArray();
        var weights = Enumerable.Range(0, samples.Count).Select(i => i % 3 == 0 ? 2.0 : 1.0).ToArray();
        var (a, b) = (Fit(samples.Weighted(weights), From(start, k)), Fit(samples.Select(twice), From(start, k)));
        if (a.EmptyCells + b.EmptyCells > 0 || VoronoiAssignment.Of(samples, start).Counts.Contains(0)) return; // relocation takes one of the two copies only
        Assert.Equal(a.Centroids, b.Centroids);
        Assert.Equal(a.Distortion, b.Distortion, 1e-9);
        for (var i = 0; i < k; i++) Assert.Equal(a.Weights[i], b.Weights[i], 1e-12);
    }, iter: 300);

    [Fact]
    public void Fit_EqualWeights_EqualNoWeights()
    {
        var samples = Draws.Blobs(200, 9, 4);
        var one = Fit(samples, 6);
        var scaled = Fit(samples.Weighted(Enumerable.Repeat(4.0, 200).ToArray()), 6);
        Assert.Equal(one.Centroids, scaled.Centroids);
        Assert.Equal(one.Distortion, scaled.Distortion, 1e-9);
    }

    [Fact]
    public void Fit_HeavySample_PullsItsCentroid()
    {
        var book = Fit(new SampleMatrix(new float[] { 0, 1 }, 1, new double[] { 3, 1 }), 1);
        Assert.Equal(0.25f, book.Centroids[0]);
        Assert.Equal([1.0], book.Weights);
        Assert.Equal(0.1875, book.Distortion, 1e-12); // (3 * 1/16 + 9/16) / 4
    }

    [Fact]
    public void Fit_ShiftedAndScaledSamples_ShiftAndScaleTheCodebook()
    {
        // Powers of two and whole numbers below 2^24 / 64 keep float32 exact, so assignments agree sample for sample.
        var samples = Draws.Blobs(300, 7, 4).Map(v => MathF.Round(v * 64) / 64);
        var start = samples.Values[..(5 * 7)];
        var plain = Fit(samples, From(start, 5));
        var moved = Fit(samples.Map(v => 4 * v + 16), From(start.ToArray().Select(v => 4 * v + 16).ToArray(), 5));
        for (var i = 0; i < plain.Centroids.Length; i++) Assert.Equal(4 * plain.Centroids[i] + 16, moved.Centroids[i], 1e-4);
        Assert.Equal(16 * plain.Distortion, moved.Distortion, 1e-4 * moved.Distortion);
        Assert.Equal(plain.Counts, moved.Counts);
    }

    [Fact]
    public void Fit_MoreThreads_HasTheSameBits()
    {
        var samples = Draws.Blobs(1500, 300, 7);
        var options = new QuantizerOptions { ImagesPerClass = 9, MaxIterations = 10 };
        var one = Fit(samples, options, threads: 1);
        foreach (var threads in new[] { 2, 3, 5 }) AssertSame(one, Fit(samples, options, threads));
    }

    [Fact]
    public void Fit_SameSeed_HasTheSameBitsAndOtherSeedsDiffer()
    {
        var samples = Draws.Blobs(400, 8, 1);
        var quantizer = new LloydQuantizer(new QuantizerOptions { ImagesPerClass = 12 });
        AssertSame(quantizer.Fit(samples, new SeedSequence(3), 1), quantizer.Fit(samples, new SeedSequence(3), 1));
        Assert.NotEqual(quantizer.Fit(samples, new SeedSequence(3), 1).Centroids, quantizer.Fit(samples, new SeedSequence(4), 1).Centroids);
        Assert.NotEqual(quantizer.Fit(samples, new SeedSequence(3), 1).Centroids, quantizer.Fit(samples, new SeedSequence(3), 2).Centroids);
    }

    [Fact]
    public void Fit_MoreRestarts_AreNeverWorse()
    {
        var samples = Draws.Blobs(300, 3, 9);
        var distortions = new[] { 1, 2, 4, 8 }.Select(r => Fit(samples, 9, r).Distortion).ToArray();
        for (var i = 1; i < distortions.Length; i++) Assert.True(distortions[i] <= distortions[i - 1]);
    }

    [Fact]
    public void Fit_StartAtFixedPoint_StaysThere()
    {
        var samples = Draws.Blobs(200, 4, 3);
        var book = Fit(samples, 5);
        var again = Fit(samples, From(book.Centroids, 5));
        Assert.Equal(book.Centroids, again.Centroids);
    }

    [Fact]
    public void Fit_SuppliedStart_IsNotWrittenTo()
    {
        var samples = Draws.Blobs(50, 2, 3);
        var start = samples.Values[..6].ToArray();
        var copy = start.ToArray();
        Fit(samples, From(start, 3));
        Assert.Equal(copy, start);
    }

    [Fact]
    public void Fit_AsManyCentroidsAsSamples_PutsOneOnEach()
    {
        var samples = Draws.Blobs(12, 3, 2);
        var book = Fit(samples, 12);
        Assert.All(book.Counts, c => Assert.Equal(1, c));
        Assert.Equal(0, book.Distortion);
        Assert.Equal(Enumerable.Range(0, 12).Select(i => (long)i), book.NearestSample.Order());
    }

    [Fact]
    public void Fit_FewerDistinctSamplesThanCentroids_LeavesEmptyCellsWithoutMass()
    {
        var samples = new SampleMatrix(new float[] { 1, 1, 1, 5, 5, 5, 5, 5 }, 1);
        var book = Fit(samples, 4);
        Assert.Equal(2, book.EmptyCells);
        Assert.Equal(0, book.Distortion);
        Assert.Equal([0, 0, 3, 5], book.Counts.Order());
        Assert.All(book.Centroids, v => Assert.Contains(v, new[] { 1f, 5f }));
        Assert.Equal(1, book.Weights.Sum(), 1e-15);
        var dropped = Fit(samples, new QuantizerOptions { ImagesPerClass = 4, AllowFewer = true });
        Assert.Equal((2, 0), (dropped.Count, dropped.EmptyCells));
        Assert.Equal([1f, 5f], dropped.Centroids.Order());
        Assert.Equal([0.375, 0.625], dropped.Weights.Order());
    }

    [Fact]
    public void Fit_DistinctSamplesEnough_LeavesNoCellEmpty() => Draws.Small.Sample(t =>
    {
        var distinct = Enumerable.Range(0, t.Samples.Count).Select(i => string.Join(",", t.Samples.Row(i).ToArray())).Distinct().Count();
        var book = Fit(t.Samples, From(Enumerable.Repeat(9f, t.K * t.Samples.Dimension).ToArray(), t.K, 3)); // all start on one far point
        Assert.Equal(Math.Max(0, t.K - distinct), book.EmptyCells);
    }, iter: 300);

    [Fact]
    public void Fit_AllSamplesEqual_WorksWithOneCell()
    {
        var book = Fit(new SampleMatrix(Enumerable.Repeat(2.5f, 30).ToArray(), 3), 5);
        Assert.Equal((4, 0.0), (book.EmptyCells, book.Distortion));
        Assert.All(book.Centroids, v => Assert.Equal(2.5f, v));
        Assert.All(book.NearestSample, n => Assert.InRange(n, 0, 9));
    }

    [Fact]
    public void Fit_FewerSamplesThanCentroids_NamesClassAndNumbers()
    {
        var samples = new SampleMatrix(new float[] { 1, 2, 3 }, 1, name: "class 3 (Dress)");
        var error = Assert.Throws<BadInputException>(() => Fit(samples, 5));
        foreach (var part in new[] { "class 3 (Dress)", "3 samples", "5 images", "--ipc 3", "--allow-fewer" }) Assert.Contains(part, error.Message);
        var book = Fit(samples, new QuantizerOptions { ImagesPerClass = 5, AllowFewer = true });
        Assert.Equal([1f, 2f, 3f], book.Centroids.Order());
    }

    [Fact]
    public void Fit_EmptyClass_IsRefusedOrEmpty()
    {
        var samples = new SampleMatrix(Array.Empty<float>(), 2, name: "class 0 (cat)");
        Assert.Contains("class 0 (cat) has 0 samples", Assert.Throws<BadInputException>(() => Fit(samples, 1)).Message);
        Assert.Equal(0, Fit(samples, new QuantizerOptions { ImagesPerClass = 1, AllowFewer = true }).Count);
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.PositiveInfinity, "finite")]
    [InlineData(1e20f, "Rescale")]
    public void Fit_ValueThatCannotBeUsed_NamesClassAndRow(float value, string complaint)
    {
        var values = new float[200];
        values[2 * 61 + 1] = value;
        var error = Assert.Throws<BadInputException>(() => Fit(new SampleMatrix(values, 2, name: "class 1 (dog)"), 3));
        Assert.Contains(complaint, error.Message);
        Assert.Contains("class 1 (dog), row 61, element 1", error.Message);
    }

    [Fact]
    public void Fit_NearestSamples_LieInTheirOwnCells()
    {
        var samples = Draws.Blobs(200, 5, 4);
        var book = Fit(samples, 10);
        var labels = VoronoiAssignment.Of(samples, book.Centroids).Labels.ToArray();
        for (var k = 0; k < 10; k++)
        {
            Assert.Equal(k, labels[book.NearestSample[k]]);
            var least = Enumerable.Range(0, 200).Where(i => labels[i] == k).Min(i => DistanceKernel.SquaredDistance(samples.Row(i), book.Centroid(k)));
            Assert.Equal(least, DistanceKernel.SquaredDistance(samples.Row((int)book.NearestSample[k]), book.Centroid(k)));
        }
    }

    [Fact]
    public void Fit_Cancelled_Stops()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => new LloydQuantizer(new QuantizerOptions()).Fit(Draws.Blobs(50, 2, 2), Seeds, 0, source.Token));
    }

    [Theory]
    [InlineData(QuantizerInitialization.GreedyKMeansPlusPlus)]
    [InlineData(QuantizerInitialization.KMeansPlusPlus)]
    [InlineData(QuantizerInitialization.Random)]
    public void Seeding_OfDistinctSamples_TakesDistinctSamples(QuantizerInitialization kind)
    {
        var samples = Draws.Blobs(60, 3, 5);
        var options = new QuantizerOptions { Initialization = kind, Trials = 1 };
        for (ulong seed = 0; seed < 5; seed++)
        {
            var start = CentroidSeeding.Choose(new CentredSamples(samples, 1), 20, options, new SplitMix(seed));
            var found = VoronoiAssignment.Of(new DoubleMatrix(start, 3), samples.Values);
            Assert.All(found.SquaredDistances.ToArray(), d => Assert.Equal(0, d));
            Assert.Equal(20, found.Labels.ToArray().Distinct().Count());
        }
    }

    [Fact]
    public void Seeding_GreedyBeatsRandom_OnSeparatedBlobs()
    {
        var samples = Draws.Blobs(400, 2, 20);
        double Mean(QuantizerInitialization kind) => Enumerable.Range(0, 10).Average(s =>
            VoronoiAssignment.Of(new NearestSearch(new CentredSamples(samples, 1)), CentroidSeeding.Choose(new CentredSamples(samples, 1), 20, new QuantizerOptions { Initialization = kind }, new SplitMix((ulong)s))).Distortion);
        Assert.True(Mean(QuantizerInitialization.GreedyKMeansPlusPlus) < Mean(QuantizerInitialization.KMeansPlusPlus));
        Assert.True(Mean(QuantizerInitialization.KMeansPlusPlus) < Mean(QuantizerInitialization.Random));
    }

    [Fact]
    public void Seeding_WithWeights_NeverDrawsASampleWithoutMass()
    {
        var samples = new SampleMatrix(new float[] { 0, 1, 2, 3 }, 1, new double[] { 0, 1, 0, 1 });
        for (ulong seed = 0; seed < 20; seed++)
            Assert.Equal([1.0, 3.0], CentroidSeeding.Choose(new CentredSamples(samples, 1), 2, new QuantizerOptions(), new SplitMix(seed)).Order());
    }

    [Fact]
    public void Seeding_FewSamplesWithMassAmongMany_FindsThem()
    {
        var weights = new double[9000];
        foreach (var i in new[] { 17, 4711, 8999 }) weights[i] = 1;
        var samples = new SampleMatrix(Enumerable.Range(0, 9000).Select(i => (float)i).ToArray(), 1, weights);
        foreach (var trials in new[] { 1, 4 })
            Assert.Equal([17.0, 4711.0, 8999.0], CentroidSeeding.Choose(new CentredSamples(samples, 1), 3, new QuantizerOptions { Trials = trials }, new SplitMix(2)).Order());
    }

    [Fact]
    public void Options_OutOfRange_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new QuantizerOptions { ImagesPerClass = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new QuantizerOptions { Tolerance = double.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(() => new QuantizerOptions { Restarts = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => StepSize.Classical(g0: 2));
        Assert.Throws<ArgumentException>(() => Fit(Draws.Blobs(9, 2, 1), From(new float[3], 2)));
        Assert.Throws<ArgumentException>(() => new SampleMatrix(new float[4], 2, new double[] { 1, -1 }));
        Assert.Throws<ArgumentException>(() => new SampleMatrix(new float[4], 2, new double[] { 0, 0 }));
        Assert.Throws<ArgumentException>(() => new SampleMatrix(new float[4], 2, new double[] { 1 }));
    }

    private static void AssertSame(ClassCodebook a, ClassCodebook b)
    {
        Assert.Equal(a.Centroids, b.Centroids);
        Assert.Equal(a.Counts, b.Counts);
        Assert.Equal(a.Weights, b.Weights);
        Assert.Equal(a.LocalDistortion, b.LocalDistortion);
        Assert.Equal(a.NearestSample, b.NearestSample);
        Assert.Equal((a.Distortion, a.Iterations), (b.Distortion, b.Iterations));
    }
}

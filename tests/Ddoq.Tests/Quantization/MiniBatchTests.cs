using System.Text.Json;
using CsCheck;
using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed class MiniBatchTests
{
    private static readonly SeedSequence Seeds = new(7);

    [Fact]
    [Trait("golden", "cluster")]
    public void Learn_GoldenBatches_EqualsPartialFit()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Golden.File("cluster", "cluster.json")));
        using var file = SafetensorsFile.Open(Golden.File("cluster", "cluster_io.safetensors"));
        var cases = json.RootElement.GetProperty("minibatch").EnumerateArray().ToArray();
        Assert.NotEmpty(cases);
        foreach (var @case in cases) Follow(@case, file);
    }

    private static void Follow(JsonElement @case, SafetensorsFile file)
    {
        var name = @case.GetProperty("case").GetString()!;
        var (k, size) = (@case.GetProperty("k").GetInt32(), @case.GetProperty("batch_size").GetInt32());
        var d = (int)file.Find($"{name}.x").Shape[1];
        var samples = new DoubleMatrix(file.ReadDoubles($"{name}.x"), d);
        var learner = new MiniBatchLearner(new CentredSamples(samples, 1), file.ReadDoubles($"{name}.init"));
        var (centres, counts) = (file.ReadDoubles($"{name}.centers_after_batch"), file.ReadDoubles($"{name}.counts_after_batch"));
        for (var b = 0; b < @case.GetProperty("batches").GetInt32(); b++)
        {
            learner.Learn(Enumerable.Range(b * size, size).ToArray());
            AssertClose(centres.AsSpan(b * k * d, k * d), learner.Positions);
            AssertClose(counts.AsSpan(b * k, k), learner.Counts);
        }
        var (labels, inertia) = Nearest(samples, learner.Positions.ToArray(), k);
        Assert.Equal(@case.GetProperty("final_labels").EnumerateArray().Select(l => l.GetInt32()), labels);
        Assert.Equal(1, inertia / @case.GetProperty("final_inertia").GetDouble(), 1e-9);
    }

    [Fact]
    public void Learn_AnyBatches_KeepsEachCentroidTheMeanOfWhatItWasGiven() => Draws.Small.Sample(t =>
    {
        var (d, start) = (t.Samples.Dimension, Array.ConvertAll(t.Samples.Values[..(t.K * t.Samples.Dimension)].ToArray(), v => (double)v));
        var learner = new MiniBatchLearner(new CentredSamples(t.Samples, 1), start);
        var given = new List<int>[t.K];
        for (var k = 0; k < t.K; k++) given[k] = [];
        foreach (var batch in Enumerable.Range(0, t.Samples.Count).Chunk(4))
        {
            foreach (var i in batch) given[NearestTo(t.Samples.Row(i), learner.Positions)].Add(i);
            learner.Learn(batch);
        }
        for (var k = 0; k < t.K; k++)
        {
            Assert.Equal(given[k].Count, learner.Counts[k]);
            for (var j = 0; j < d; j++) Assert.Equal(given[k].Count == 0 ? start[k * d + j] : given[k].Average(i => (double)t.Samples.Row(i)[j]), learner.Positions[k * d + j], 1e-9);
        }
    });

    [Fact]
    public void Learn_WeightTwo_EqualsTheSampleTwice()
    {
        var samples = Draws.Blobs(40, 3, 3);
        var start = Array.ConvertAll(samples.Values[..9].ToArray(), v => (double)v);
        var weighted = new MiniBatchLearner(new CentredSamples(samples.Weighted([.. Enumerable.Range(0, 40).Select(i => i % 3 == 0 ? 2.0 : 1.0)]), 1), start);
        var repeated = new MiniBatchLearner(new CentredSamples(samples, 1), start);
        for (var from = 0; from < 40; from += 10)
        {
            weighted.Learn(Enumerable.Range(from, 10).ToArray());
            repeated.Learn(Enumerable.Range(from, 10).SelectMany(i => i % 3 == 0 ? new[] { i, i } : [i]).ToArray());
            AssertClose(repeated.Positions, weighted.Positions);
            AssertClose(repeated.Counts, weighted.Counts);
        }
    }

    [Fact]
    public void Fit_OneCentroid_IsTheMeanOfAllSamplesInAnyOrder()
    {
        var samples = Draws.Blobs(101, 4, 2);
        foreach (var order in Enum.GetValues<SampleOrder>())
        {
            var book = Fit(samples, Options(1) with { Passes = 1, MiniBatch = new() { BatchSize = 7, Order = order } });
            for (var j = 0; j < 4; j++) Assert.Equal(Enumerable.Range(0, 101).Average(i => (double)samples.Row(i)[j]), book.Centroids[j], 1e-6);
        }
    }

    [Fact]
    public void Fit_Blobs_ComesCloseToLloydAndDropsNoSample()
    {
        var samples = Draws.Blobs(5000, 3, 5);
        var lloyd = new LloydQuantizer(new QuantizerOptions { ImagesPerClass = 5 }).Fit(samples, Seeds, 0).Distortion;
        var book = Fit(samples, Options(5) with { MiniBatch = new() { BatchSize = 300 } });
        Assert.InRange(book.Distortion, lloyd * (1 - 1e-6), lloyd * 1.05);
        Assert.Equal(5000, book.Counts.Sum());
        Assert.Equal(1, book.Weights.Sum(), 1e-12);
        Assert.Equal(VoronoiAssignment.Of(samples, book.Centroids).Distortion, book.Distortion);
    }

    [Fact]
    public void Fit_MoreThreads_HasTheSameBits()
    {
        var samples = Draws.Blobs(2500, 20, 4);
        var one = new MiniBatchQuantizer(Options(6), 1).Fit(samples, Seeds, 0);
        var two = new MiniBatchQuantizer(Options(6), 3).Fit(samples, Seeds, 0);
        Assert.Equal(one.Centroids, two.Centroids);
        Assert.Equal(one.Weights, two.Weights);
    }

    [Fact]
    public void Fit_StreamingMasses_AreTheCountsOfTheStream()
    {
        // One pass in data order over batches of 2: 0 and 10 give the start; nothing is near a border.
        var samples = new SampleMatrix(new float[] { 0, 10, 1, 2, 9, 3 }, 1);
        var options = Options(2) with { Passes = 1, Masses = MassEstimate.Streaming, MiniBatch = MiniBatchOptions.D4m(1) };
        var book = Fit(samples, options);
        var (low, high) = book.Centroids[0] < book.Centroids[1] ? (0, 1) : (1, 0);
        Assert.Equal(1.5f, book.Centroids[low]);
        Assert.Equal(9.5f, book.Centroids[high]);
        Assert.Equal(4.0 / 6, book.Weights[low], 1e-15);
        Assert.Equal(4, book.Counts[low]);
    }

    [Fact]
    public void Fit_D4m_DropsLeftOverSamplesAndKeepsTheirCounts()
    {
        // Batches of 4; the last two samples fill none, so the far one moves no centroid, but the final assignment counts it.
        var samples = new SampleMatrix(new float[] { 0, 1, 10, 11, 0, 1, 10, 11, 11, 1000 }, 1);
        var options = QuantizerOptions.D4m(2, expansion: 2);
        var book = Fit(samples, options);
        Assert.Equal([0.5f, 10.5f], book.Centroids.Order());
        Assert.Equal([0.5, 0.5], book.Weights);
        Assert.Equal([4, 6], book.Counts.Order());
        Assert.True(Fit(samples, options with { MiniBatch = options.MiniBatch with { DropLeftOver = false } }).Centroids.Max() > 11);
    }

    [Fact]
    public void Fit_D4mWithExpansionOne_StartsFromTheFirstSamples()
    {
        var samples = Draws.Blobs(12, 3, 3);
        var book = Fit(new SampleMatrix(samples.Values[..12], 3), QuantizerOptions.D4m(4, expansion: 1));
        Assert.Equal(samples.Values[..12].ToArray().Chunk(3).Select(r => string.Join(' ', r)).Order(), book.Centroids.Chunk(3).Select(r => string.Join(' ', r)).Order());
        Assert.All(book.Weights, w => Assert.Equal(0.25, w));
    }

    [Fact]
    public void D4m_Preset_StartsFromOneDrawAsThePublishedCode() => Assert.Equal(1, QuantizerOptions.D4m(2).Trials);

    [Fact]
    public void Fit_D4mWithFewerSamplesThanABatch_IsRefused() =>
        Assert.Contains("less than one batch of 20", Assert.Throws<BadInputException>(() => Fit(Draws.Blobs(19, 2, 2), QuantizerOptions.D4m(2))).Message);

    [Fact]
    public void Reassign_SmallCounts_MoveToSamplesOfTheBatchWithTheLeastOtherCount()
    {
        // Centroid 2 wins nothing of 1,000 and is put on a sample.
        var samples = new SampleMatrix(Enumerable.Range(0, 1000).Select(i => i % 2 == 0 ? 0f : 5f).ToArray(), 1);
        var learner = new MiniBatchLearner(new CentredSamples(samples, 1), [0, 5, 1e6]);
        var cells = new SmallCells(0.01);
        var batch = Enumerable.Range(0, 1000).ToArray();
        Assert.True(cells.IsDue(learner.Counts, batch.Length));
        learner.Learn(batch);
        cells.Reassign(learner, batch, Seeds.Stream("test"));
        Assert.Equal([500.0, 500, 500], learner.Counts.ToArray());
        Assert.Contains(learner.Positions[2], new[] { 0.0, 5.0 });
    }

    [Fact]
    public void IsDue_NoEmptyCount_WaitsForTenSamplesPerCentroid()
    {
        var cells = new SmallCells(0.01);
        Assert.False(cells.IsDue([1, 1], 10));
        Assert.True(cells.IsDue([1, 1], 10));
        Assert.False(cells.IsDue([1, 1], 10));
        Assert.True(cells.IsDue([1, 0], 5));
        Assert.False(new SmallCells(0).IsDue([0, 0], 100));
    }

    [Theory]
    [InlineData(10, 1024)]
    [InlineData(200, 2000)]
    public void BatchSizeFor_NoSize_GrowsWithK(int k, int expected) => Assert.Equal(expected, new MiniBatchOptions().BatchSizeFor(k));

    [Fact]
    public void Options_ValuesOutOfRange_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new MiniBatchOptions { BatchSize = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new MiniBatchOptions { ReassignmentRatio = 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => MiniBatchOptions.D4m(0));
    }

    private static QuantizerOptions Options(int k) => new() { ImagesPerClass = k, Algorithm = QuantizerAlgorithm.MiniBatch };

    private static ClassCodebook Fit(SampleMatrix samples, QuantizerOptions options) => new MiniBatchQuantizer(options).Fit(samples, Seeds, 0);

    private static int NearestTo(ReadOnlySpan<float> x, ReadOnlySpan<double> centroids)
    {
        var (nearest, least) = (0, double.PositiveInfinity);
        for (var k = 0; k < centroids.Length / x.Length; k++)
        {
            var sum = 0.0;
            for (var j = 0; j < x.Length; j++) sum += Math.Pow(x[j] - centroids[k * x.Length + j], 2);
            if (sum < least) (nearest, least) = (k, sum);
        }
        return nearest;
    }

    private static (int[] Labels, double Inertia) Nearest(Samples samples, double[] centroids, int k)
    {
        var (pairs, buffer, costs, labels, inertia) = (new PairCosts(samples, centroids), new double[samples.Dimension], new double[k], new int[samples.Count], 0.0);
        for (var i = 0; i < samples.Count; i++)
        {
            pairs.Read(i, buffer, costs);
            labels[i] = Array.IndexOf(costs, costs.Min());
            inertia += costs.Min();
        }
        return (labels, inertia);
    }

    private static void AssertClose(ReadOnlySpan<double> expected, ReadOnlySpan<double> found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], 1e-9 * Math.Max(1e-3, Math.Abs(expected[i])));
    }
}

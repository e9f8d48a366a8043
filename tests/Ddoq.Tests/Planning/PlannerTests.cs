using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Planning;
using Ddoq.Quantization;
using Ddoq.Tests.Quantization;

namespace Ddoq.Tests.Planning;

public sealed class PlannerTests
{
    private static readonly SeedSequence Seeds = new(11);

    private static readonly PlanOptions Small = new() { ImagesPerClass = [1, 2, 4, 8], DimensionSamples = 0, HeldOutShare = 0 };

    /// <summary>One class after another, as rows with labels.</summary>
    private static LabelledMatrix Together(params SampleMatrix[] classes) => new(
        new SampleMatrix(classes.SelectMany(c => c.Values.ToArray()).ToArray(), classes[0].Dimension),
        classes.SelectMany((c, label) => Enumerable.Repeat(label, c.Count)).ToArray());

    private static float[] Values(Samples samples) => [.. Enumerable.Range(0, samples.Count).SelectMany(i =>
    {
        var row = new float[samples.Dimension];
        samples.Read(i, 0, row);
        return row;
    })];

    private static SampleMatrix Grid(int count, double width = 1) => new(Enumerable.Range(0, count).Select(i => (float)(width * (i + 0.5) / count)).ToArray(), 1);

    private static QuantizerOptions Careful => new() { Restarts = 10, Tolerance = 0, MaxIterations = 2000 };

    // n points of a grid in cells of n/K: (1/K^2 - 1/n^2) / 12. Lloyd from k-means++ ends near it, never below.
    [Fact]
    public void Create_UniformGrid_ClosedFormCurve()
    {
        var plan = Planner.Create(Together(Grid(480)), Small with { Quantizer = Careful }, Seeds);
        foreach (var point in plan.Curve)
        {
            var least = (1.0 / (point.ImagesPerClass * point.ImagesPerClass) - 1.0 / (480.0 * 480)) / 12;
            Assert.InRange(point.Distortion, least - 1e-9, 1.1 * least);
            Assert.Equal(Math.Sqrt(point.Distortion), point.W2);
        }
        Assert.Equal(1, plan.Rate!.Dimension!.Value, 0.05);
    }

    // Zador: K D -> 0.160375 in two dimensions, from above (cells at the edge are not hexagons; the samples' own distance takes a little off).
    [Fact]
    public void Create_UniformSquare_ZadorConstantAndRate()
    {
        var plan = Planner.Create(Together(Manifolds.Cube(4000, 2)), Small with { ImagesPerClass = [8, 16, 32, 64] }, Seeds);
        Assert.InRange(64 * plan.Curve[^1].Distortion, 0.155, 0.18);
        Assert.Equal(2, plan.Rate!.Dimension!.Value, 0.2);
        Assert.InRange(plan.Rate.DimensionError!.Value, 0, 0.2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Create_CubeInR30_BothDimensionsAgree(int d)
    {
        var plan = Planner.Create(Together(Manifolds.Cube(2500, d).Embedded(30)), Small with { ImagesPerClass = [8, 16, 32, 64], DimensionSamples = 1500 }, Seeds);
        Assert.Equal(d, plan.IntrinsicDimension!.Value, 0.15 * d);
        Assert.Equal(d, plan.Rate!.Dimension!.Value, 0.15 * d);
    }

    [Fact]
    public void Create_Curve_IsWhatQuantizingGives()
    {
        var source = Together(Draws.Blobs(90, 3, 4), Draws.Blobs(60, 3, 2, 5));
        var plan = Planner.Create(source, Small, Seeds);
        foreach (var point in plan.Curve)
            Assert.Equal(CodebookBuilder.Build(source, new QuantizerOptions { ImagesPerClass = point.ImagesPerClass }, Seeds).Distortion, point.Distortion, 1e-12);
        Assert.Equal([90, 60], plan.Classes.Select(c => c.SampleCount));
        Assert.Equal(plan.Curve[2].Distortion, (90 * plan.Classes[0].Curve[2].Distortion + 60 * plan.Classes[1].Curve[2].Distortion) / 150, 1e-12);
    }

    [Fact]
    public void Create_WarmStart_OnePointMoreIsNoWorse()
    {
        foreach (var seed in Enumerable.Range(0, 5))
        {
            var options = Small with { ImagesPerClass = [.. Enumerable.Range(1, 25)], WarmStart = true, Verify = false, Budgets = [2] };
            var curve = Planner.Create(Together(Draws.Blobs(60, 2, 7, (ulong)seed), Draws.Blobs(40, 2, 3)), options, new SeedSequence((ulong)seed)).Classes[0].Curve;
            for (var k = 1; k < curve.Count; k++) Assert.True(curve[k].Distortion <= curve[k - 1].Distortion * (1 + 1e-6), $"{curve[k]} after {curve[k - 1]}");
        }
    }

    [Fact]
    public void Extend_Centroids_StandFirstAndSamplesFollow()
    {
        var samples = Draws.Blobs(40, 2, 5);
        float[] two = [0, 0, 1, 1];
        var extended = WarmStart.Extend(samples, two, 6, new SplitMix(1));
        Assert.Equal(two, extended[..4]);
        var rows = Enumerable.Range(0, 40).Select(i => (samples.Row(i)[0], samples.Row(i)[1])).ToHashSet();
        for (var k = 2; k < 6; k++) Assert.Contains((extended[2 * k], extended[2 * k + 1]), rows);
        Assert.True(VoronoiAssignment.Of(samples, extended).Distortion < VoronoiAssignment.Of(samples, two).Distortion);
        Assert.Throws<ArgumentException>(() => WarmStart.Extend(samples, extended, 2, new SplitMix(1)));
    }

    [Fact]
    public void Extend_NoMassOrNoDistance_IsNeverDrawn()
    {
        var samples = new SampleMatrix(new float[] { 0, 5, 9, 9 }, 1, new double[] { 1, 0, 1, 1 });
        foreach (var seed in Enumerable.Range(0, 20)) Assert.Equal([0, 9], WarmStart.Extend(samples, [0f], 2, new SplitMix((ulong)seed)));
        Assert.Equal(3, WarmStart.Extend(new SampleMatrix(new float[4], 1), [0f], 3, new SplitMix(1)).Length); // all on the centroid
    }

    [Fact] // a sample on a new centroid is as far from the centroids as that: 0
    public void Extend_PlacesAlreadyTaken_AreNotDrawnAgain()
    {
        var samples = new SampleMatrix(new float[] { 0, 0, 100, 100, 200, 200 }, 1);
        foreach (var seed in Enumerable.Range(0, 20)) Assert.Equal([0, 100, 200], WarmStart.Extend(samples, [0f], 3, new SplitMix((ulong)seed)).Order());
    }

    [Fact]
    public void Of_Split_ParallelPartsOfTheSamples()
    {
        var samples = Grid(50);
        var split = HeldOutSplit.Of(samples, 0.2, Seeds, 3)!;
        Assert.Equal((40, 10), (split.Fitted.Count, split.HeldOut.Count));
        Assert.Equal(samples.Values.ToArray(), Values(split.Fitted).Concat(Values(split.HeldOut)).Order());
        Assert.Equal(Values(split.HeldOut), Values(HeldOutSplit.Of(samples, 0.2, Seeds, 3)!.HeldOut));
        Assert.NotEqual(Values(split.HeldOut), Values(HeldOutSplit.Of(samples, 0.2, Seeds, 4)!.HeldOut));
        Assert.Equal((1, 1), (HeldOutSplit.Of(Grid(2), 0.01, Seeds, 0)!.HeldOut.Count, HeldOutSplit.Of(Grid(2), 0.99, Seeds, 0)!.Fitted.Count));
        Assert.Null(HeldOutSplit.Of(Grid(1), 0.5, Seeds, 0));
    }

    [Fact]
    public void Of_MatrixInItsFile_SplitsAsInMemoryAndStaysThere()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "x.npy");
        var samples = Draws.Blobs(50, 3, 2);
        NpyFile.Write<float>(path, samples.Values.ToArray(), [50, 3]);
        using var file = MatrixFile.Open(path);
        var (there, here) = (HeldOutSplit.Of(file, 0.2, Seeds, 3)!, HeldOutSplit.Of(samples, 0.2, Seeds, 3)!);
        Assert.IsType<MappedSamples>(there.Fitted);
        Assert.Equal(Values(here.Fitted), Values(there.Fitted));
        Assert.Equal(Values(here.HeldOut), Values(there.HeldOut));
        Assert.Equal(WarmStart.Extend(samples, new float[3], 5, new SplitMix(1)), WarmStart.Extend(file, new float[3], 5, new SplitMix(1)));
    }

    // For N(0, I) in D dimensions and K = 1 the mean of m samples misses by D/m: held out (1 + 1/m) D, fitted (1 - 1/m) D, all samples D (up to sampling, 0.3 %).
    [Fact]
    public void Create_HeldOut_IsWorseThanFittedAndAsExpectedForOnePoint()
    {
        const int n = 100, d = 4000;
        var plan = Planner.Create(Together(Draws.Blobs(n, d, 1)), Small with { ImagesPerClass = [1, 20], HeldOutShare = 0.5 }, Seeds);
        Assert.Equal(d * (1 - 1.0 / 50), plan.Curve[0].FittedDistortion!.Value, 0.01 * d);
        Assert.Equal(d * (1 + 1.0 / 50), plan.Curve[0].HeldOutDistortion!.Value, 0.01 * d);
        Assert.True(plan.Curve[1].HeldOutDistortion > 1.2 * plan.Curve[1].FittedDistortion);
    }

    [Fact]
    public void Create_MorePointsThanFittedSamples_NoHeldOutDistortion()
    {
        var plan = Planner.Create(Together(Grid(10)), Small with { ImagesPerClass = [2, 9], HeldOutShare = 0.2 }, Seeds);
        Assert.NotNull(plan.Curve[0].HeldOutDistortion);
        Assert.Null(plan.Curve[1].HeldOutDistortion);
    }

    [Fact]
    public void Create_WideAndNarrowClass_CubeRootLawMeasured()
    {
        var plan = Planner.Create(Together(Grid(400), Grid(400, 8)), Small with { ImagesPerClass = [1, 10], Quantizer = Careful, Budgets = [50] }, Seeds);
        var spread = Assert.Single(plan.Allocations);
        Assert.InRange(spread.ImagesPerClass[1], 37, 43); // 10 and 40 in closed form
        Assert.Equal((50, 50), (spread.ImagesPerClass.Sum(), spread.EqualSplit.Sum()));
        var closed = (1 / (12.0 * 100) + 64 / (12.0 * 1600)) / 2;
        var equal = (1 / (12.0 * 625) + 64 / (12.0 * 625)) / 2;
        Assert.Equal(closed, spread.Measured!.Value, 0.1 * closed);
        Assert.Equal(equal, spread.EqualMeasured!.Value, 0.1 * equal);
        Assert.Equal(1 - spread.Measured.Value / spread.EqualMeasured.Value, spread.Gain);
        Assert.InRange(spread.Predicted, 0.8 * closed, 1.2 * closed);
    }

    [Fact]
    public void Create_Measured_IsWhatQuantizingWithTheAllocationGives()
    {
        var source = Together(Draws.Blobs(90, 3, 9), Draws.Blobs(60, 3, 2, 5), Draws.Blobs(120, 3, 30, 6));
        var spread = Planner.Create(source, Small with { Budgets = [20] }, Seeds).Allocations[0];
        var books = spread.ImagesPerClass.Select((k, c) => Quantizers.Create(new QuantizerOptions { ImagesPerClass = k }).Fit(source.ReadClass(c), Seeds, c)).ToArray();
        Assert.Equal(books.Sum(b => b.SampleCount * b.Distortion) / 270, spread.Measured!.Value, 1e-12);
    }

    [Fact]
    public void Create_AnyData_AllocationIsNoWorseThanEqual()
    {
        foreach (var seed in Enumerable.Range(0, 6))
        {
            var source = Together(Draws.Blobs(50, 2, 3, (ulong)seed), Draws.Blobs(20, 2, 9, 7), Draws.Blobs(80, 2, 1, 8));
            foreach (var spread in Planner.Create(source, Small, new SeedSequence((ulong)seed)).Allocations)
                Assert.True(spread is { Gain: >= 0 } && spread.Measured <= spread.EqualMeasured, $"{spread}");
        }
    }

    [Fact]
    public void Create_NotVerified_PredictsAndMeasuresNoAllocation()
    {
        var spread = Planner.Create(Together(Grid(400), Grid(400, 8)), Small with { Verify = false, Budgets = [50] }, Seeds).Allocations[0];
        Assert.Null(spread.Measured);
        Assert.Equal(1 - spread.Predicted / spread.EqualPredicted, spread.Gain);
        Assert.InRange(spread.Gain, 0.2, 0.6);
    }

    [Fact]
    public void Create_LeastPerClass_IsKept() => Assert.Equal([25, 25],
        Planner.Create(Together(Grid(400), Grid(400, 8)), Small with { LeastPerClass = 25, Budgets = [50] }, Seeds).Allocations[0].ImagesPerClass);

    [Fact]
    public void Create_SmallClassAllowed_KeepsWhatItHas()
    {
        var source = Together(Grid(3), Grid(400, 8));
        var options = Small with { ImagesPerClass = [1, 4], Budgets = [40], Quantizer = new QuantizerOptions { AllowFewer = true } };
        var plan = Planner.Create(source, options, Seeds);
        Assert.Equal(0, plan.Classes[0].Curve[1].Distortion, 1e-12);
        Assert.InRange(plan.Allocations[0].ImagesPerClass[0], 1, 3);
        Assert.Contains("class 0 (0) has 3 samples, but 4", Assert.Throws<BadInputException>(() => Planner.Create(source, Small with { ImagesPerClass = [1, 4] }, Seeds)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_EmptyClassAllowed_GetsNothing()
    {
        var source = new LabelledMatrix(Grid(40), Enumerable.Repeat(0, 20).Concat(Enumerable.Repeat(2, 20)).ToArray());
        var plan = Planner.Create(source, Small with { Budgets = [10], Quantizer = new QuantizerOptions { AllowFewer = true } }, Seeds);
        Assert.Equal([5, 0, 5], plan.Allocations[0].ImagesPerClass);
    }

    [Theory]
    [InlineData(1, "less than the 2 images")]
    [InlineData(801, "exceeds the 800 samples")]
    public void Create_BudgetOutOfRange_IsRefused(int budget, string expected) => Assert.Contains(expected,
        Assert.Throws<UsageException>(() => Planner.Create(Together(Grid(400), Grid(400, 8)), Small with { Budgets = [budget] }, Seeds)).Message, StringComparison.Ordinal);

    [Fact]
    public void Create_AnyThreads_SameBits()
    {
        var source = Together(Draws.Blobs(90, 3, 9), Draws.Blobs(60, 3, 2, 5), Draws.Blobs(120, 3, 30, 6));
        var options = Small with { HeldOutShare = 0.2, DimensionSamples = 50, WarmStart = true };
        var (one, more) = (Planner.Create(source, options, Seeds, threads: 1), Planner.Create(source, options, Seeds, threads: 4));
        Assert.Equal(one.Curve, more.Curve);
        Assert.Equal((one.IntrinsicDimension, one.Rate), (more.IntrinsicDimension, more.Rate));
        Assert.Equal(one.Allocations.Select(a => (string.Join(' ', a.ImagesPerClass), a.Measured, a.Predicted)), more.Allocations.Select(a => (string.Join(' ', a.ImagesPerClass), a.Measured, a.Predicted)));
    }

    [Fact]
    public void Options_BadValues_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new PlanOptions { ImagesPerClass = [] });
        Assert.Throws<ArgumentException>(() => new PlanOptions { ImagesPerClass = [10, 1] });
        Assert.Throws<ArgumentException>(() => new PlanOptions { Budgets = [0] });
        Assert.Throws<ArgumentOutOfRangeException>(() => new PlanOptions { LeastPerClass = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new PlanOptions { HeldOutShare = 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new PlanOptions { DimensionSamples = -1 });
    }
}

using System.Text.Json;
using CsCheck;
using Ddoq.Formats;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed class TransportTests
{
    [Fact]
    [Trait("golden", "cluster")]
    public void Cost_GoldenCases_EqualLinearProgramming()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Golden.File("cluster", "cluster.json")));
        using var file = SafetensorsFile.Open(Golden.File("cluster", "cluster_io.safetensors"));
        foreach (var @case in json.RootElement.GetProperty("w2").EnumerateArray())
        {
            var name = @case.GetProperty("case").GetString()!;
            var d = file.Find($"{name}.a").Shape is [_, var columns] ? (int)columns : 1;
            var (a, b) = (file.ReadDoubles($"{name}.a"), file.ReadDoubles($"{name}.b"));
            var found = TransportProblem.Cost(SquaredDistances(a, b, d), file.ReadDoubles($"{name}.wa"), file.ReadDoubles($"{name}.wb"));
            Assert.Equal(@case.GetProperty("w2_squared").GetDouble(), found, 1e-9);
        }
    }

    [Fact] // T6
    [Trait("golden", "cluster")]
    public void Cost_GoldenQuantisation_EqualsDistortionOnlyWithVoronoiWeights()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Golden.File("cluster", "cluster.json")));
        using var file = SafetensorsFile.Open(Golden.File("cluster", "cluster_io.safetensors"));
        var expected = json.RootElement.GetProperty("quantisation");
        var samples = new SampleMatrix(file.ReadFloats("quant.x"), 2);
        var centroids = file.ReadFloats("quant.c");
        Assert.Equal(expected.GetProperty("distortion_mean_sq").GetDouble(), VoronoiAssignment.Of(samples, centroids).Distortion, 1e-6);
        Assert.Equal(expected.GetProperty("w2_squared_uniform_weights").GetDouble(), EqualWeightTransport.Cost(samples, centroids), 1e-6);
        var costs = SquaredDistances(file.ReadDoubles("quant.x"), file.ReadDoubles("quant.c"), 2);
        Assert.Equal(expected.GetProperty("w2_squared_voronoi_weights").GetDouble(), TransportProblem.Cost(costs, Enumerable.Repeat(1 / 24.0, 24).ToArray(), file.ReadDoubles("quant.voronoi_weights")), 1e-9);
    }

    [Theory] // T7, column (ii)
    [InlineData(2, 0.363380)]
    [InlineData(3, 0.218601)]
    [InlineData(4, 0.176283)]
    [InlineData(5, 0.166776)]
    [InlineData(8, 0.188453)]
    [InlineData(10, 0.210398)]
    public void Cost_NormalGrid_IsTheTableOfEqualWeights(int k, double expected)
    {
        Assert.Equal(expected, EqualWeightTransport.Cost(Draws.NormalGrid(4000), Draws.NormalPoints(k)), 3e-4);
    }

    [Fact]
    public void Cost_OneDimension_EqualsTheQuantileFormula() =>
        Gen.Select(Gen.Double[-3, 3].Array[1, 25], Gen.Double[-3, 3].Array[1, 7]).Sample((x, c) =>
        {
            var samples = new SampleMatrix(x.Select(v => (float)v).ToArray(), 1);
            var centroids = c.Select(v => (float)v).ToArray();
            Assert.Equal(QuantileCost([.. samples.Values.ToArray().Order()], [.. centroids.Order()]), EqualWeightTransport.Cost(samples, centroids), 1e-9);
        });

    [Fact]
    public void Cost_TinyCases_EqualsBruteForceOverAssignments() =>
        Gen.Select(Gen.Int[1, 3], Gen.Int[1, 2], Gen.Int[-3, 3].Array[60]).Sample((k, multiple, numbers) =>
        {
            const int d = 3;
            var n = k * multiple;
            var x = numbers.Take(n * d).Select(v => (float)v).ToArray();
            var c = numbers.Skip(30).Take(k * d).Select(v => (float)v).ToArray();
            var costs = SquaredDistances(Array.ConvertAll(x, v => (double)v), Array.ConvertAll(c, v => (double)v), d);
            Assert.Equal(BruteForce(costs, n, k, multiple, 0, new int[k]) / n, EqualWeightTransport.Cost(new SampleMatrix(x, d), c), 1e-9);
        });

    [Fact]
    public void Cost_AnySamples_IsNeverBelowTheDistortion() => Draws.Small.Sample(t =>
    {
        var centroids = t.Samples.Values[..(t.K * t.Samples.Dimension)];
        Assert.True(EqualWeightTransport.Cost(t.Samples, centroids) >= VoronoiAssignment.Of(t.Samples, centroids).Distortion - 1e-9);
    });

    [Fact]
    public void Cost_WeightTwo_EqualsTheSampleTwice() => Draws.Small.Sample(t =>
    {
        var centroids = t.Samples.Values[..(t.K * t.Samples.Dimension)];
        var weights = Enumerable.Range(0, t.Samples.Count).Select(i => i % 3 == 0 ? 2.0 : 1.0).ToArray();
        var twice = Enumerable.Range(0, t.Samples.Count).SelectMany(i => i % 3 == 0 ? new[] { i, i } : [i]).ToArray();
        Assert.Equal(EqualWeightTransport.Cost(t.Samples.Select(twice), centroids), EqualWeightTransport.Cost(t.Samples.Weighted(weights), centroids), 1e-9);
    });

    [Fact]
    public void Cost_SamplesInOtherOrder_IsTheSame()
    {
        var samples = Draws.Blobs(400, 4, 3);
        var centroids = samples.Values[..(7 * 4)];
        var order = new Ddoq.Foundations.SplitMix(1).Permutation(400);
        Assert.Equal(EqualWeightTransport.Cost(samples, centroids), EqualWeightTransport.Cost(samples.Select(order), centroids), 1e-9);
    }

    [Fact]
    public void Cost_CentroidsWithEqualCells_EqualsTheDistortion()
    {
        var samples = new SampleMatrix(new float[] { 0, 1, 10, 11 }, 1);
        Assert.Equal(0.25, EqualWeightTransport.Cost(samples, new[] { 0.5f, 10.5f }));
    }

    [Fact]
    public void Bounds_Entropic_HoldTheExactCost() => Draws.Small.Sample(t =>
    {
        var centroids = t.Samples.Values[..(t.K * t.Samples.Dimension)];
        var (exact, bounds) = (EqualWeightTransport.Cost(t.Samples, centroids), EqualWeightTransport.Bounds(t.Samples, centroids, TransportMethod.Entropic));
        Assert.InRange(exact, bounds.Lower - 1e-9, bounds.Upper + 1e-9);
    });

    [Theory]
    [InlineData(600, 3, 40, false)]
    [InlineData(601, 40, 30, false)]
    [InlineData(500, 2, 30, true)]
    public void Bounds_EntropicOverShortLists_MeetAtTheExactCost(int n, int d, int k, bool weighted)
    {
        var samples = Draws.Blobs(n, d, 4);
        if (weighted) samples = samples.Weighted([.. Enumerable.Range(0, n).Select(i => 0.5 + i % 7)]);
        var bounds = EqualWeightTransport.Bounds(samples, samples.Values[..(k * d)], TransportMethod.Entropic);
        var exact = EqualWeightTransport.Cost(samples, samples.Values[..(k * d)]);
        Assert.Equal(exact, bounds.Value, 1e-9 * exact);
        Assert.InRange(bounds.Error, 0, 1e-9 * exact);
    }

    [Fact]
    public void Bounds_CentroidsFarFromAllSamples_StillReceiveTheirMass()
    {
        // 30 centroids, 20 of them a hundred spreads away: their prices must rise that far before any list holds them.
        var samples = Draws.Blobs(300, 2, 3);
        var centroids = samples.Values[..60].ToArray();
        for (var j = 20; j < 60; j++) centroids[j] += 500 + j;
        var (exact, bounds) = (EqualWeightTransport.Cost(samples, centroids), EqualWeightTransport.Bounds(samples, centroids, TransportMethod.Entropic));
        Assert.InRange(exact, bounds.Lower * (1 - 1e-9), bounds.Upper * (1 + 1e-9));
        Assert.InRange(bounds.Error, 0, 0.01 * exact);
    }

    [Fact]
    public void Bounds_MoreThreads_AreTheSame()
    {
        var samples = Draws.Blobs(500, 5, 4);
        foreach (var method in Enum.GetValues<TransportMethod>())
            Assert.Equal(EqualWeightTransport.Bounds(samples, samples.Values[..100], method, 1), EqualWeightTransport.Bounds(samples, samples.Values[..100], method, 3));
    }

    [Fact]
    public void Solve_AnyMasses_MeetsThemAndLeavesNoCheaperArc() =>
        Gen.Select(Gen.Double[0.1, 3].Array[20], Gen.Double[0.1, 3].Array[4], Gen.Double[0, 9].Array[80]).Sample((supply, demand, costs) =>
        {
            var factor = supply.Sum() / demand.Sum();
            demand = Array.ConvertAll(demand, v => v * factor);
            var plan = TransportProblem.Solve(TransportArcs.All(4, costs), supply, demand);
            Assert.True(plan.IsComplete);
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal(supply[i], plan.Flow.AsSpan(i * 4, 4).ToArray().Sum(), 1e-9);
                var least = Enumerable.Range(0, 4).Min(j => costs[i * 4 + j] - plan.Potentials[j]);
                for (var j = 0; j < 4; j++) if (plan.Flow[i * 4 + j] > 0) Assert.Equal(least, costs[i * 4 + j] - plan.Potentials[j], 1e-9);
            }
            for (var j = 0; j < 4; j++) Assert.Equal(demand[j], Enumerable.Range(0, 20).Sum(i => plan.Flow[i * 4 + j]), 1e-9);
        });

    [Fact]
    public void Solve_ListsThatCannotCarryTheDemand_SaysSo()
    {
        // Both sources know sink 0 only.
        var plan = TransportProblem.Solve(new TransportArcs(2, 1, [0, 0], [1, 1]), [1, 1], [1, 1]);
        Assert.False(plan.IsComplete);
    }

    [Fact]
    public void Value_BoundsApart_IsTheMiddleWithHalfTheGap()
    {
        var apart = new TransportBounds(4, 9);
        Assert.Equal((6.5, 2.5, false), (apart.Value, apart.Error, apart.IsExact));
        Assert.Equal((2.5, 0.5), (apart.Root().Value, apart.Root().Error));
        var met = TransportBounds.Exactly(4).Root();
        Assert.Equal((2.0, 0.0, true), (met.Value, met.Error, met.IsExact));
    }

    [Fact]
    public void Cost_MassesThatDoNotMatch_AreRefused() =>
        Assert.Throws<ArgumentException>(() => TransportProblem.Cost(new double[4], [1, 1], [1, 2]));

    private static double[] SquaredDistances(double[] a, double[] b, int d)
    {
        var (n, k) = (a.Length / d, b.Length / d);
        var costs = new double[n * k];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < k; j++)
                costs[i * k + j] = Enumerable.Range(0, d).Sum(e => Math.Pow(a[i * d + e] - b[j * d + e], 2));
        return costs;
    }

    // Optimal transport on the line is monotone: both sides cut into n*k slices of equal mass, in order.
    private static double QuantileCost(float[] x, float[] c)
    {
        var slices = x.Length * c.Length;
        return Enumerable.Range(0, slices).Average(s => Math.Pow((double)x[s / c.Length] - c[s / x.Length], 2));
    }

    private static double BruteForce(double[] costs, int n, int k, int room, int row, int[] used)
    {
        if (row == n) return 0;
        var best = double.PositiveInfinity;
        for (var j = 0; j < k; j++)
        {
            if (used[j] == room) continue;
            used[j]++;
            best = Math.Min(best, costs[row * k + j] + BruteForce(costs, n, k, room, row + 1, used));
            used[j]--;
        }
        return best;
    }
}

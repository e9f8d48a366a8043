using CsCheck;
using Ddoq.Theory;

namespace Ddoq.Tests.Theory;

public sealed class LineQuantizerTests
{
    private static readonly NormalMixture Unbalanced = new((0.9, new NormalDistribution(-3, 0.5)), (0.1, new NormalDistribution(3, 0.5)));

    [Fact]
    public void Optimal_Normal_ComesNearZadorsLimit()
    {
        // K^2 D tends to sqrt(3) pi / 2 = 2.7207 from below; 2.6671 at K = 100.
        var scaled = 100 * 100 * LineQuantizer.Optimal(NormalDistribution.Standard, 100).SquaredDistance;
        Assert.Equal(2.6671, scaled, 1e-4);
        Assert.True(scaled < Math.Sqrt(3) * Math.PI / 2);
    }

    [Fact]
    public void Optimal_SeveralFixedPoints_TakesTheBest()
    {
        // Four points in the large mode and one in the small, not three and two: 0.25 (0.9 D_4 + 0.1 D_1) against 0.25 (0.9 D_3 + 0.1 D_2).
        Assert.Equal(0.25 * (0.9 * 0.117482 + 0.1), LineQuantizer.Optimal(Unbalanced, 5).SquaredDistance, 1e-5);
    }

    [Fact]
    public void Optimal_ShiftedAndScaled_FollowsTheLaw() => Gen.Select(Gen.Double[-4, 4], Gen.Double[0.1, 3], Gen.Int[1, 7]).Sample((mean, deviation, k) =>
    {
        var (standard, found) = (LineQuantizer.Optimal(NormalDistribution.Standard, k), LineQuantizer.Optimal(new NormalDistribution(mean, deviation), k));
        Assert.Equal(deviation * deviation * standard.SquaredDistance, found.SquaredDistance, 1e-9);
        Assert.All(standard.Points.Zip(found.Points), pair => Assert.Equal(mean + deviation * pair.First, pair.Second, 1e-8));
        Assert.All(standard.Weights.Zip(found.Weights), pair => Assert.Equal(pair.First, pair.Second, 1e-8));
    }, iter: 20);

    [Fact]
    public void Optimal_AnyOtherPoints_AreFarther()
    {
        var best = LineQuantizer.Optimal(Unbalanced, 4);
        Gen.Double[-0.3, 0.3].Array[4].Sample(moves =>
        {
            var moved = best.Points.Zip(moves, (x, m) => x + m).Order().ToArray();
            Assert.True(LineQuantizer.WithVoronoiMasses(Unbalanced, moved).SquaredDistance >= best.SquaredDistance - 1e-12);
        });
    }

    [Fact]
    public void Balanced_AnyOtherPointsOfEqualMass_AreFarther()
    {
        var best = LineQuantizer.Balanced(Unbalanced, 4);
        Assert.Equal([0.25, 0.25, 0.25, 0.25], best.Weights);
        Assert.Equal(QuantileTransport.SquaredDistance(Unbalanced, best.Points, best.Weights), best.SquaredDistance, 1e-12);
        Gen.Double[-1, 1].Array[4].Sample(moves =>
            Assert.True(QuantileTransport.SquaredDistance(Unbalanced, best.Points.Zip(moves, (x, m) => x + m).ToArray(), best.Weights) >= best.SquaredDistance - 1e-12));
    }

    [Fact]
    public void Grid_SmallCases_EqualBruteForceOverPartitions() => Gen.Select(Gen.Double[-3, 3].Array[3, 9], Gen.Int[1, 3]).Sample((values, k) =>
    {
        var atoms = values.Order().Select(x => new CellMoments(1, x, x * x)).ToArray();
        Assert.Equal(LeastCost([.. values.Order()], k), Cost(values, LineGrid.OptimalMeans(atoms, k)), 1e-9);
    });

    [Fact]
    public void Optimal_NoPoints_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => LineQuantizer.Optimal(NormalDistribution.Standard, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => LineQuantizer.Balanced(NormalDistribution.Standard, 0));
    }

    private static double Cost(double[] values, double[] means) => values.Sum(x => means.Min(m => (x - m) * (x - m)));

    // Optimal clusters on the line are intervals: try every end of the first one.
    private static double LeastCost(double[] sorted, int k)
    {
        if (sorted.Length == 0) return 0;
        if (k == 1) return sorted.Sum(x => (x - sorted.Average()) * (x - sorted.Average()));
        return Enumerable.Range(1, sorted.Length).Min(end => LeastCost(sorted[..end], 1) + LeastCost(sorted[end..], k - 1));
    }
}

using CsCheck;
using Ddoq.Planning;

namespace Ddoq.Tests.Planning;

public sealed class BudgetAllocationTests
{
    // Convex and never rising: sums of gains that shrink.
    private static readonly Gen<double[]> Convex =
        from gains in Gen.Double[0, 5].Array[0, 5]
        select Sums([.. gains.OrderDescending()]);

    private static readonly Gen<(double[][] Costs, int Budget, int[] Least)> Cases =
        from costs in Convex.Array[1, 4]
        from least in Gen.Int[1, 2].Array[costs.Length]
        let atLeast = least.Select((k, c) => Math.Min(k, costs[c].Length)).ToArray()
        from budget in Gen.Int[atLeast.Sum(), costs.Sum(c => c.Length)]
        select (costs, budget, atLeast);

    private static double[] Sums(double[] gains) => [.. Enumerable.Range(0, gains.Length + 1).Select(k => gains.Skip(k).Sum())];

    private static double Cost(double[][] costs, IEnumerable<int> images) => images.Select((k, c) => costs[c][k - 1]).Sum();

    private static IEnumerable<int[]> AllSpreads(double[][] costs, int budget, int[] least, int from = 0)
    {
        if (from == costs.Length) return budget == 0 ? [[]] : [];
        return Enumerable.Range(least[from], Math.Max(0, Math.Min(costs[from].Length, budget) - least[from] + 1))
            .SelectMany(k => AllSpreads(costs, budget - k, least, from + 1).Select(rest => (int[])[k, .. rest]));
    }

    [Fact]
    public void Spread_ConvexCosts_NoSpreadIsBetter() => Cases.Sample(@case =>
    {
        var found = BudgetAllocation.Spread(@case.Costs, @case.Budget, @case.Least);
        Assert.Equal(@case.Budget, found.Sum());
        Assert.All(found.Zip(@case.Least), pair => Assert.True(pair.First >= pair.Second));
        Assert.Equal(AllSpreads(@case.Costs, @case.Budget, @case.Least).Min(s => Cost(@case.Costs, s)), Cost(@case.Costs, found), 1e-9);
    });

    [Fact]
    public void Spread_NotConvex_MayMissTheBest()
    {
        double[][] costs = [[9, 9, 0], [9, 8, 7]]; // why curves are made convex first: the third image of the first class pays, the second does not
        Assert.Equal([1, 3], BudgetAllocation.Spread(costs, 4));
        Assert.Equal([3, 1], AllSpreads(costs, 4, [1, 1]).MinBy(s => Cost(costs, s))!);
        double[][] hulls = [.. costs.Select(c => ConvexCurve.Through([.. c.Select((d, i) => (i + 1, d))], c.Length))];
        Assert.Equal([3, 1], BudgetAllocation.Spread(hulls, 4));
    }

    // n/N w^2 / (12 K^2) summed is least where K ~ (n w^2)^(1/3), by Lagrange.
    [Fact]
    public void Spread_UniformIntervals_CubeRootLaw()
    {
        double[] widths = [1, 8, 27];
        double[][] costs = [.. widths.Select(w => Enumerable.Range(1, 1000).Select(k => w * w / (12.0 * k * k)).ToArray())];
        var found = BudgetAllocation.Spread(costs, 1400);
        Assert.Equal([100, 400, 900], found.Select(k => (int)Math.Round(k / 10.0) * 10));
    }

    [Fact]
    public void Spread_SameCosts_IsEqual()
    {
        var cost = Sums([5, 3, 2, 1]);
        Assert.Equal([3, 2, 2], BudgetAllocation.Spread([cost, cost, cost], 7));
    }

    [Theory]
    [InlineData(9, "3 3 3")]
    [InlineData(11, "4 4 3")]
    [InlineData(13, "5 5 3")]
    public void Equal_SmallClass_LeavesItsPartToTheOthers(int budget, string expected) =>
        Assert.Equal(expected, string.Join(' ', BudgetAllocation.Equal([5, 9, 3], budget)));

    [Fact]
    public void Fill_BudgetOutOfRange_IsRefusedWithTheBound()
    {
        Assert.Contains("6 images at least", Assert.Throws<ArgumentOutOfRangeException>(() => BudgetAllocation.Equal([5, 9, 3], 5, [2, 2, 2])).Message, StringComparison.Ordinal);
        Assert.Contains("17 images at most", Assert.Throws<ArgumentOutOfRangeException>(() => BudgetAllocation.Equal([5, 9, 3], 18)).Message, StringComparison.Ordinal);
    }
}

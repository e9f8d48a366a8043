using CsCheck;
using Ddoq.Planning;

namespace Ddoq.Tests.Planning;

public sealed class NeymanAllocationTests
{
    private static double Variance(IReadOnlyList<int> sizes, IReadOnlyList<double> deviations, IEnumerable<int> draws) =>
        draws.Select((k, c) => Math.Pow(sizes[c] * deviations[c], 2) / k).Sum();

    // Neyman's own formula: 900 draws over P s = 1 : 2 : 6.
    [Fact]
    public void Spread_LargeBudget_IsProportionalToShareTimesDeviation() => Assert.Equal([100, 200, 600], NeymanAllocation.Spread([5000, 5000, 10000], [0.1, 0.2, 0.3], 900, [1, 1, 1]));

    [Fact]
    public void Spread_EqualDeviations_FollowsTheSizes() => Assert.Equal([10, 20, 70], NeymanAllocation.Spread([100, 200, 700], [2, 2, 2], 100, [1, 1, 1]));

    // Against every other spread: whole numbers, limits and all.
    [Fact]
    public void Spread_SmallBudgets_NoSpreadHasLessVariance() => (
        from sizes in Gen.Int[1, 6].Array[3]
        from deviations in Gen.Double[0, 1].Array[3]
        from least in Gen.Int[1, 2].Array[3]
        let atLeast = least.Zip(sizes, Math.Min).ToArray()
        from budget in Gen.Int[atLeast.Sum(), sizes.Sum()]
        select (sizes, deviations, atLeast, budget)).Sample(@case =>
    {
        var found = NeymanAllocation.Spread(@case.sizes, @case.deviations, @case.budget, @case.atLeast);
        Assert.Equal(@case.budget, found.Sum());
        for (var c = 0; c < 3; c++) Assert.InRange(found[c], @case.atLeast[c], @case.sizes[c]);
        var best = (from a in Enumerable.Range(@case.atLeast[0], @case.sizes[0] - @case.atLeast[0] + 1)
                    from b in Enumerable.Range(@case.atLeast[1], @case.sizes[1] - @case.atLeast[1] + 1)
                    let c = @case.budget - a - b
                    where c >= @case.atLeast[2] && c <= @case.sizes[2]
                    select Variance(@case.sizes, @case.deviations, [a, b, c])).Min();
        Assert.Equal(best, Variance(@case.sizes, @case.deviations, found), 1e-9);
    });

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-0.1)]
    public void Spread_DeviationThatIsNone_IsRefused(double deviation) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => NeymanAllocation.Spread([5, 5], [1, deviation], 4, [1, 1]));
}

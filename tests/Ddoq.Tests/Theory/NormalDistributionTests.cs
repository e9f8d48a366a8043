using CsCheck;
using Ddoq.Theory;

namespace Ddoq.Tests.Theory;

public sealed class NormalDistributionTests
{
    private static readonly NormalDistribution Standard = NormalDistribution.Standard;

    [Theory] // tabulated values of the standard normal distribution
    [InlineData(0, 0.5)]
    [InlineData(0.5, 0.6914624612740131)]
    [InlineData(1, 0.8413447460685429)]
    [InlineData(1.96, 0.9750021048517795)]
    [InlineData(3, 0.9986501019683699)]
    [InlineData(5, 0.9999997133484281)]
    [InlineData(-1, 0.15865525393145707)]
    [InlineData(-3, 0.0013498980316300946)]
    [InlineData(-5, 2.866515718791939e-7)]
    [InlineData(-10, 7.61985302416052e-24)]
    [InlineData(-20, 2.7536241186062337e-89)]
    public void Cumulative_TabulatedValues_AreMet(double x, double expected) => Assert.Equal(expected, Standard.Cumulative(x), 1e-12 * expected);

    [Theory]
    [InlineData(0.975, 1.959963984540054)]
    [InlineData(0.3, -0.5244005127080409)]
    [InlineData(0.001, -3.090232306167813)]
    [InlineData(1e-10, -6.361340902404056)]
    [InlineData(0.5, 0)]
    public void Quantile_TabulatedValues_AreMet(double p, double expected) => Assert.Equal(expected, Standard.Quantile(p), 1e-12);

    [Fact]
    public void Cumulative_WhereSeriesAndFractionMeet_IsContinuous()
    {
        foreach (var x in new[] { -3.0, 3.0 })
            Assert.Equal(2e-9 * Standard.Density(x), Standard.Cumulative(x + 1e-9) - Standard.Cumulative(x - 1e-9), 1e-14);
    }

    [Fact]
    public void Cumulative_Ends_AreZeroAndOne()
    {
        Assert.Equal((0, 1), (Standard.Cumulative(double.NegativeInfinity), Standard.Cumulative(double.PositiveInfinity)));
        Assert.Equal((double.NegativeInfinity, double.PositiveInfinity), (Standard.Quantile(0), Standard.Quantile(1)));
    }

    [Fact]
    public void Quantile_OfCumulative_IsTheIdentity() => Gen.Select(Gen.Double[-7, 7], Gen.Double[-5, 5], Gen.Double[0.1, 4]).Sample((z, mean, deviation) =>
    {
        var law = new NormalDistribution(mean, deviation);
        // Above the median the probability itself holds fewer digits of the tail.
        var slack = 1e-12 + (z > 0 ? 1e-15 / Standard.Density(z) : 0);
        Assert.Equal(z, (law.Quantile(law.Cumulative(mean + deviation * z)) - mean) / deviation, slack + 1e-12 * Math.Abs(mean) / deviation);
    });

    [Fact]
    public void Between_Intervals_AddUpToMoments() => Gen.Select(Gen.Double[-3, 3], Gen.Double[0.2, 2], Gen.Double[-4, 4].Array[1, 5]).Sample((mean, deviation, cuts) =>
    {
        var law = new NormalDistribution(mean, deviation);
        double[] edges = [double.NegativeInfinity, .. cuts.Order(), double.PositiveInfinity];
        var sum = edges.Zip(edges.Skip(1), law.Between).Aggregate((a, b) => a + b);
        Assert.Equal(1, sum.Mass, 1e-12);
        Assert.Equal(mean, sum.First, 1e-12);
        Assert.Equal(mean * mean + deviation * deviation, sum.Second, 1e-11);
    });

    [Theory]
    [InlineData(-1.5, 0.7)]
    [InlineData(2, 9)]
    [InlineData(-6, -3)]
    public void Between_Interval_EqualsTheIntegral(double from, double to)
    {
        var law = new NormalDistribution(0.4, 1.3);
        var found = law.Between(from, to);
        Assert.Equal(Simpson(law.Density, from, to), found.Mass, 1e-10);
        Assert.Equal(Simpson(x => x * law.Density(x), from, to), found.First, 1e-10);
        Assert.Equal(Simpson(x => (x - 0.3) * (x - 0.3) * law.Density(x), from, to), found.SquaredDistanceTo(0.3), 1e-10);
    }

    [Fact]
    public void Constructor_Nonsense_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new NormalDistribution(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NormalDistribution(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Standard.Quantile(1.5));
    }

    private static double Simpson(Func<double, double> f, double from, double to)
    {
        const int n = 2000;
        var h = (to - from) / n;
        return h / 3 * Enumerable.Range(0, n + 1).Sum(i => (i is 0 or n ? 1 : i % 2 == 1 ? 4 : 2) * f(from + i * h));
    }
}

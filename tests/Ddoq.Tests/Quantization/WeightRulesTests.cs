using CsCheck;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed class WeightRulesTests
{
    private static readonly int[] Counts = [1, 4, 9, 16]; // sum 30, roots 1, 2, 3, 4 with sum 10

    [Theory]
    [InlineData(WeightRule.RawMass, 1 / 30.0, 4 / 30.0, 9 / 30.0, 16 / 30.0)]
    [InlineData(WeightRule.Raw, 4 / 30.0, 16 / 30.0, 36 / 30.0, 64 / 30.0)]
    [InlineData(WeightRule.SquareRootTotal, 0.2, 0.4, 0.6, 0.8)]
    [InlineData(WeightRule.SquareRoot, 0.4, 0.8, 1.2, 1.6)]
    [InlineData(WeightRule.Equal, 1.0, 1.0, 1.0, 1.0)]
    public void Apply_ByHand(WeightRule rule, params double[] expected)
    {
        var found = WeightRules.Apply(rule, Counts);
        for (var k = 0; k < 4; k++) Assert.Equal(expected[k], found[k], 1e-14);
    }

    [Fact]
    public void Apply_SquareRootRelative_ByHand()
    {
        var found = WeightRules.Apply(WeightRule.SquareRootRelative, Counts);
        for (var k = 0; k < 4; k++) Assert.Equal(Math.Sqrt(4 * Counts[k] / 30.0), found[k], 1e-14);
    }

    [Fact]
    public void Apply_AnyCounts_HasThePromisedMean() =>
        Gen.Int[0, 1000].Array[1, 20].Where(c => c.Any(n => n > 0)).Sample(counts =>
        {
            double k = counts.Length;
            double Mean(WeightRule rule) => WeightRules.Apply(rule, counts, new SeedSequence(1)).Average();
            foreach (var rule in new[] { WeightRule.SquareRoot, WeightRule.Raw, WeightRule.Equal, WeightRule.Permuted }) Assert.Equal(1, Mean(rule), 1e-12);
            Assert.Equal(1 / k, Mean(WeightRule.RawMass), 1e-12);
            Assert.Equal(1 / Math.Sqrt(k), Mean(WeightRule.SquareRootTotal), 1e-12);
            Assert.True(Mean(WeightRule.SquareRootRelative) <= 1 + 1e-12);
        });

    [Fact]
    public void Apply_ScaledMasses_ChangesNothing()
    {
        foreach (var rule in Enum.GetValues<WeightRule>())
        {
            var a = WeightRules.Apply(rule, [0.1, 0.2, 0.7], new SeedSequence(2));
            var b = WeightRules.Apply(rule, [1.0, 2.0, 7.0], new SeedSequence(2));
            for (var k = 0; k < 3; k++) Assert.Equal(a[k], b[k], 1e-12);
        }
    }

    [Fact]
    public void Apply_Permuted_HoldsTheSameFactorsInAnotherOrder()
    {
        var counts = Enumerable.Range(1, 40).ToArray();
        var plain = WeightRules.Apply(WeightRule.SquareRoot, counts);
        var permuted = WeightRules.Apply(WeightRule.Permuted, counts, new SeedSequence(5), classIndex: 3);
        Assert.NotEqual(plain, permuted);
        Assert.Equal(plain.Order(), permuted.Order());
        Assert.Equal(permuted, WeightRules.Apply(WeightRule.Permuted, counts, new SeedSequence(5), classIndex: 3));
        Assert.NotEqual(permuted, WeightRules.Apply(WeightRule.Permuted, counts, new SeedSequence(5), classIndex: 4));
        Assert.Equal(WeightRules.EffectiveCount(plain), WeightRules.EffectiveCount(permuted), 1e-9);
    }

    [Fact]
    public void EffectiveCount_OfNormalCodebook_IsAsPublished()
    {
        // N(0,1), K = 10: 8.10 raw and 9.24 with square roots.
        var masses = VoronoiAssignment.Of(Draws.NormalGrid(4000), Draws.NormalPoints(10)).Masses;
        Assert.Equal(8.10, WeightRules.EffectiveCount(WeightRules.Apply(WeightRule.Raw, masses)), 0.01);
        Assert.Equal(9.24, WeightRules.EffectiveCount(WeightRules.Apply(WeightRule.SquareRoot, masses)), 0.01);
    }

    [Fact]
    public void Apply_NegativeOrAllZeroMasses_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => WeightRules.Apply(WeightRule.Raw, [0.5, -0.1]));
        Assert.Throws<ArgumentException>(() => WeightRules.Apply(WeightRule.Raw, [0.5, double.NaN]));
        Assert.Throws<ArgumentException>(() => WeightRules.Apply(WeightRule.Raw, [0.0, 0.0]));
    }
}

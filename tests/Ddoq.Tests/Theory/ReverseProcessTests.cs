using CsCheck;
using Ddoq.Foundations;
using Ddoq.Theory;

namespace Ddoq.Tests.Theory;

public sealed class ReverseProcessTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Score_AnyPlace_IsTheDerivativeOfTheLogDensity(bool preserving) => Gen.Select(Gen.Double[-3, 3], Gen.Double[0.1, 0.9]).Sample((x, v) =>
    {
        var law = NormalMixture.Noised([-1.5, 1.5], [0.5, 0.5], preserving ? Math.Sqrt(1 - v) : 1, Math.Sqrt(v));
        var slope = (Math.Log(law.Density(x + 1e-5)) - Math.Log(law.Density(x - 1e-5))) / 2e-5;
        Assert.Equal(slope, new TwoPointDiffusion(1.5, preserving).Score(x, v), 1e-5);
    });

    [Theory] // on the line the flow must be the monotone map that carries the law at v_T to the law at v_delta
    [InlineData(false, 4, 0.25)]
    [InlineData(true, 0.98, 0.3)]
    public void Flow_AnyPlace_IsTheMonotoneMap(bool preserving, double start, double end)
    {
        NormalMixture At(double v) => NormalMixture.Noised([-1, 1], [0.5, 0.5], preserving ? Math.Sqrt(1 - v) : 1, Math.Sqrt(v));
        var process = new TwoPointDiffusion(1, preserving);
        foreach (var x in new[] { -2.5, -0.3, 0, 0.01, 1.7 }) Assert.Equal(At(end).Quantile(At(start).Cumulative(x)), process.Flow(x, start, end), 1e-8);
    }

    [Fact]
    public void CoupledStretch_WithoutData_IsTheRatioOfVariances()
    {
        // Far from both points the score is that of one normal distribution around the nearer: two places approach as v_delta / v_T.
        var noise = new SplitMix(3);
        Assert.Equal(0.25, new TwoPointDiffusion(1e-9).CoupledStretch(-1, 1, 2, 0.5, ref noise, 20_000), 1e-4);
    }

    [Fact]
    public void Constants_NoRadius_Contract()
    {
        Assert.Equal(0.5, ReverseProcessConstants.ProbabilityFlow(0, 1, 4), 1e-15);
        Assert.Equal(0.25, ReverseProcessConstants.ReverseSde(0, 1, 4), 1e-15);
        Assert.Equal(0.25 * Math.Sqrt(0.2 / 0.8), ReverseProcessConstants.ReverseSdeVariancePreserving(0, 0.2, 0.8), 1e-15);
    }

    [Fact]
    public void Constants_OutOfRange_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ReverseProcessConstants.ProbabilityFlow(-1, 1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => ReverseProcessConstants.ProbabilityFlow(1, 0, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => ReverseProcessConstants.ReverseSde(1, 2, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ReverseProcessConstants.ReverseSdeVariancePreserving(1, 0.5, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TwoPointDiffusion(0));
    }
}

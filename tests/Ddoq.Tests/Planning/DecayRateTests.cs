using Ddoq.Planning;

namespace Ddoq.Tests.Planning;

public sealed class DecayRateTests
{
    [Fact]
    public void Of_PowerLaw_IsExact()
    {
        var rate = DecayRate.Of(new[] { 1, 10, 50, 200 }.Select(k => (k, 3 * Math.Pow(k, -1 / 7.0))))!;
        Assert.Equal(-1 / 7.0, rate.Slope, 1e-12);
        Assert.Equal(7, rate.Dimension!.Value, 1e-10);
        Assert.Equal(0, rate.DimensionError!.Value, 1e-6);
    }

    // Logarithms 0, 1, 2 over 0, 1, 2 with a bend: y = 0, -1, -1. Slope -1/2, residuals 1/6, -1/3, 1/6: squares 1/6, error sqrt(1/6 / 1 / 2).
    [Fact]
    public void Of_ThreePoints_ErrorByHand()
    {
        // Whole numbers of points whose logarithms are 0, log 3, 2 log 3: the same figures, both axes in units of log 3.
        var rate = DecayRate.Of([(1, 1), (3, 1 / 3.0), (9, 1 / 3.0)])!;
        Assert.Equal(-0.5, rate.Slope, 1e-12);
        Assert.Equal(Math.Sqrt(1 / 12.0), rate.SlopeError!.Value, 1e-12);
        Assert.Equal(4 * Math.Sqrt(1 / 12.0), rate.DimensionError!.Value, 1e-12);
    }

    [Fact]
    public void Of_TwoPoints_HasNoError()
    {
        var rate = DecayRate.Of([(1, 1), (4, 0.5)])!;
        Assert.Equal((2, null), (Math.Round(rate.Dimension!.Value, 10), rate.DimensionError));
    }

    [Fact]
    public void Of_TooFew_IsNothing()
    {
        Assert.Null(DecayRate.Of([(3, 1)]));
        Assert.Null(DecayRate.Of([(3, 1), (5, 0)])); // W2 = 0 has no logarithm
        Assert.Null(DecayRate.Of([(1, 1), (4, 1)])!.Dimension); // does not fall
    }
}

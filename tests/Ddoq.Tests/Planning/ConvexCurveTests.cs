using CsCheck;
using Ddoq.Planning;

namespace Ddoq.Tests.Planning;

public sealed class ConvexCurveTests
{
    private static readonly Gen<(int, double)[]> Measured =
        from gaps in Gen.Int[1, 9].Array[0, 6]
        from distortions in Gen.Double[0, 10].Array[gaps.Length + 1]
        select distortions.Select((d, i) => (1 + gaps.Take(i).Sum(), d)).ToArray();

    [Fact]
    public void Through_PowerLaw_IsItEverywhere()
    {
        (int, double)[] measured = [(1, 3), (4, 3 * Math.Pow(4, -0.7)), (9, 3 * Math.Pow(9, -0.7))];
        var curve = ConvexCurve.Through(measured, 40);
        for (var k = 1; k <= 40; k++) Assert.Equal(3 * Math.Pow(k, -0.7), curve[k - 1], 1e-12);
    }

    [Fact]
    public void Through_AnyMeasurements_NeverRisesAndBendsUp() => Measured.Sample(measured =>
    {
        var curve = ConvexCurve.Through(measured, 60);
        for (var k = 1; k < 60; k++) Assert.True(curve[k] <= curve[k - 1] + 1e-12, $"rises at {k + 1}");
        for (var k = 2; k < 60; k++) Assert.True(curve[k - 2] - curve[k - 1] >= curve[k - 1] - curve[k] - 1e-9, $"the gain grows at {k + 1}");
        Assert.All(curve, d => Assert.True(d >= 0));
    });

    [Fact]
    public void Through_Rise_IsLevelled()
    {
        var curve = ConvexCurve.Through([(1, 8), (2, 3), (4, 5), (8, 1)], 8); // 3 and 5 become 4 and 4, which lie above the chord of their neighbours in part
        Assert.Equal((8, 4), (curve[0], curve[1]));
        Assert.True(curve[3] is <= 4 and >= 1);
        Assert.Equal(1, curve[7], 1e-12);
    }

    [Fact]
    public void Through_DistortionZero_StraightToIt() => Assert.Equal([6, 4, 2, 0, 0], ConvexCurve.Through([(1, 6), (4, 0)], 5));

    [Fact]
    public void Through_OneMeasurement_IsLevel() => Assert.Equal([2.5, 2.5, 2.5], ConvexCurve.Through([(1, 2.5)], 3));

    [Fact]
    public void Through_BadMeasurements_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => ConvexCurve.Through([], 3));
        Assert.Throws<ArgumentException>(() => ConvexCurve.Through([(2, 1)], 3));
        Assert.Throws<ArgumentException>(() => ConvexCurve.Through([(1, 2), (1, 1)], 3));
        Assert.Throws<ArgumentException>(() => ConvexCurve.Through([(1, double.NaN)], 3));
        Assert.Throws<ArgumentException>(() => ConvexCurve.Through([(1, -1)], 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConvexCurve.Through([(1, 1)], 0));
    }
}

using Ddoq.Foundations;
using Ddoq.Quantization;
using Ddoq.Theory;

namespace Ddoq.Tests.Theory;

public sealed class ConvexPolygonTests
{
    [Fact]
    public void SecondMoment_UnitSquare_IsTheClosedForm()
    {
        Assert.Equal(1, ConvexPolygon.UnitSquare.Area, 1e-15);
        Assert.Equal(1 / 6.0, ConvexPolygon.UnitSquare.SecondMoment((0.5, 0.5)), 1e-15);
        Assert.Equal(2 / 3.0, ConvexPolygon.UnitSquare.SecondMoment((1, 0)), 1e-15);
    }

    [Fact]
    public void NearerTo_DiagonalPoints_CutsOffATriangle() => Assert.Equal(0.5, ConvexPolygon.UnitSquare.NearerTo((0, 0), (1, 1)).Area, 1e-15);

    [Fact]
    public void NearerTo_FartherSide_IsEmpty() => Assert.Equal(0, ConvexPolygon.UnitSquare.NearerTo((5, 5), (0, 0)).Area);

    [Fact]
    public void Distortion_FourSquares_IsAQuarterOfOne() =>
        Assert.Equal(1 / 24.0, ConvexPolygon.UnitSquare.Distortion([(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)]), 1e-15);

    [Fact]
    public void Distortion_ScatteredPoints_EqualsThatOfAFineGrid()
    {
        var random = new SplitMix(5);
        var points = Enumerable.Range(0, 12).Select(_ => (random.NextDouble(), random.NextDouble())).ToList();
        const int side = 400;
        var sum = 0.0;
        for (var i = 0; i < side * side; i++)
        {
            var (x, y) = ((i % side + 0.5) / side, (i / side + 0.5) / side);
            sum += points.Min(p => (p.Item1 - x) * (p.Item1 - x) + (p.Item2 - y) * (p.Item2 - y));
        }
        Assert.Equal(sum / (side * side), ConvexPolygon.UnitSquare.Distortion(points), 1e-5);
    }
}

public sealed class CentroidNormsTests
{
    [Fact]
    public void Of_OrthogonalSamples_ShareNothing()
    {
        var norms = CentroidNorms.Of(new SampleMatrix(new float[] { 2, 0, 0, 0, 2, 0, 0, 0, 2 }, 3), new float[] { 1, 1, 0, 0, 0, 2 }, [2, 1]);
        Assert.Equal((2, 0), (norms.Median, norms.SharedPart));
        Assert.Equal([Math.Sqrt(0.5), 1], norms.Ratios, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(norms.Ratios, norms.Law, (a, b) => Math.Abs(a - b) < 1e-12); // the law is exact here
        Assert.Equal(1, norms.OutsideShell);
    }

    [Fact]
    public void Of_EqualSamples_ShareEverything()
    {
        var norms = CentroidNorms.Of(new SampleMatrix(new float[] { 3, 4, 3, 4, 3, 4 }, 2), new float[] { 3, 4 }, [3]);
        Assert.Equal((5, 1, 1, 0), (norms.Median, norms.SharedPart, norms.Law[0], norms.OutsideShell));
    }

    [Fact]
    public void Of_EmptyCell_HasNoLaw() => Assert.True(double.IsNaN(CentroidNorms.Of(new SampleMatrix(new float[] { 1, 2 }, 1), new float[] { 1, 2 }, [2, 0]).Law[1]));

    [Fact]
    public void Of_LengthsThatDoNotFit_AreRefused()
    {
        var samples = new SampleMatrix(new float[4], 2);
        Assert.Throws<ArgumentException>(() => CentroidNorms.Of(samples, new float[2], [1, 1]));
        Assert.Throws<ArgumentException>(() => CentroidNorms.Of(new SampleMatrix(new float[2], 2), new float[2], [1]));
    }
}

public sealed class LogLogSlopeTests
{
    [Fact]
    public void Of_PowerLaw_IsItsExponent() => Assert.Equal(-0.7, LogLogSlope.Of([1, 3, 10, 50], [.. new[] { 1.0, 3, 10, 50 }.Select(x => 4 * Math.Pow(x, -0.7))]), 1e-12);

    [Fact]
    public void Of_TooFewOrNotPositive_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => LogLogSlope.Of([1], [1]));
        Assert.Throws<ArgumentException>(() => LogLogSlope.Of([1, 2], [1]));
        Assert.Throws<ArgumentException>(() => LogLogSlope.Of([1, 2], [1, 0]));
        Assert.Throws<ArgumentException>(() => LogLogSlope.Of([2, 2], [1, 1]));
    }
}

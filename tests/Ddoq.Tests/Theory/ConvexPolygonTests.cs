using Ddoq.Foundations;
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

namespace Ddoq.Theory;

/// <summary>A convex polygon in the plane with exact area and second moment: the cells of a quantizer of a uniform distribution.</summary>
public sealed class ConvexPolygon
{
    private readonly (double X, double Y)[] _corners;

    /// <summary>Creates the polygon.</summary>
    /// <param name="corners">Corners counter-clockwise; fewer than three make an empty polygon.</param>
    public ConvexPolygon(params IEnumerable<(double X, double Y)> corners) => _corners = [.. corners];

    /// <summary>[0, 1] x [0, 1].</summary>
    public static ConvexPolygon UnitSquare { get; } = new((0, 0), (1, 0), (1, 1), (0, 1));

    /// <summary>The regular polygon around 0 with its corners at distance 1.</summary>
    /// <param name="sides">At least 3.</param>
    public static ConvexPolygon Regular(int sides)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sides, 3);
        return new ConvexPolygon(Enumerable.Range(0, sides).Select(i => (Math.Cos(2 * Math.PI * i / sides), Math.Sin(2 * Math.PI * i / sides))));
    }

    /// <summary>Area.</summary>
    public double Area => Triangles((0, 0)).Sum(t => t.Area);

    /// <summary>Integral of |y - point|^2 over the polygon.</summary>
    /// <param name="point">Point, inside or outside.</param>
    public double SecondMoment((double X, double Y) point) => Triangles(point).Sum(t => t.SecondMoment);

    /// <summary>The part that is nearer to <paramref name="inside"/> than to <paramref name="other"/>.</summary>
    /// <param name="inside">A point.</param>
    /// <param name="other">Another point.</param>
    public ConvexPolygon NearerTo((double X, double Y) inside, (double X, double Y) other)
    {
        double Excess((double X, double Y) c) => Square(c.X - inside.X, c.Y - inside.Y) - Square(c.X - other.X, c.Y - other.Y);
        var kept = new List<(double, double)>(_corners.Length + 1);
        for (var i = 0; i < _corners.Length; i++)
        {
            var (a, b) = (_corners[i], _corners[(i + 1) % _corners.Length]);
            var (atA, atB) = (Excess(a), Excess(b));
            if (atA <= 0) kept.Add(a);
            if (atA * atB < 0) kept.Add(Between(a, b, atA / (atA - atB)));
        }
        return new ConvexPolygon(kept);
    }

    /// <summary>Distortion of points under the uniform distribution on this polygon, exactly: second moments of the Voronoi cells. Time O(K^2).</summary>
    /// <param name="points">At least one point.</param>
    public double Distortion(IReadOnlyList<(double X, double Y)> points)
    {
        ArgumentOutOfRangeException.ThrowIfZero(points.Count);
        var total = 0.0;
        foreach (var point in points) total += points.Where(other => other != point).Aggregate(this, (cell, other) => cell.NearerTo(point, other)).SecondMoment(point);
        return total / Area;
    }

    // Signed triangles from the apex to each side. Integral of |y - apex|^2 over one: area / 6 (|a|^2 + |b|^2 + a.b), a and b the other corners from the apex.
    private IEnumerable<(double Area, double SecondMoment)> Triangles((double X, double Y) apex)
    {
        for (var i = 0; i < _corners.Length; i++)
        {
            var (p, q) = (_corners[i], _corners[(i + 1) % _corners.Length]);
            var (ax, ay, bx, by) = (p.X - apex.X, p.Y - apex.Y, q.X - apex.X, q.Y - apex.Y);
            var area = (ax * by - ay * bx) / 2;
            yield return (area, area / 6 * (Square(ax, ay) + Square(bx, by) + ax * bx + ay * by));
        }
    }

    private static double Square(double x, double y) => x * x + y * y;

    private static (double, double) Between((double X, double Y) a, (double X, double Y) b, double t) => (a.X + t * (b.X - a.X), a.Y + t * (b.Y - a.Y));
}

using Ddoq.Foundations;

namespace Ddoq.Theory;

/// <summary>
/// Quantizers of a continuous distribution on the line, without samples: masses and means of cells in closed form. They say what a quantizer of samples must
/// approach, and they are the reference of the numerical checks.
/// </summary>
public static class LineQuantizer
{
    private const int MostSteps = 100_000;
    private const double Settled = 1e-10;

    /// <summary>
    /// The optimal K points with their Voronoi masses: the fixed point x_k = E[X | cell k] of Lloyd's iteration, started from the exact optimum of a fine
    /// discretization, so that it is the global one also where there are several, and solved by Newton's method. Points are accurate to about 1e-10. Time O(K^3).
    /// </summary>
    /// <param name="distribution">Distribution with a finite variance.</param>
    /// <param name="count">K, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is less than 1.</exception>
    /// <exception cref="WorkFailedException">The iteration does not settle.</exception>
    public static LineCodebook Optimal(ILineDistribution distribution, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var points = LineGrid.OptimalMeans(distribution, count);
        var before = double.PositiveInfinity;
        for (var step = 0; step < MostSteps; step++)
        {
            // Newton's steps shrink until rounding stops them; that is the end.
            var gap = LineFixedPoint.Advance(distribution, points) / Math.Max(1, points[^1] - points[0]);
            if (gap <= Settled && gap >= before / 2) return WithVoronoiMasses(distribution, points);
            before = gap;
        }
        throw new WorkFailedException($"{count} points on the line have not settled after {MostSteps} steps. Ask for fewer points, or for a distribution without jumps.");
    }

    /// <summary>Given points with the masses of their Voronoi cells: the best weights that these points can carry.</summary>
    /// <param name="distribution">Distribution.</param>
    /// <param name="points">K points in ascending order.</param>
    public static LineCodebook WithVoronoiMasses(ILineDistribution distribution, ReadOnlySpan<double> points)
    {
        var weights = new double[points.Length];
        var distortion = 0.0;
        for (var k = 0; k < points.Length; k++)
        {
            var cell = Cell(distribution, points, k);
            weights[k] = cell.Mass;
            distortion += cell.SquaredDistanceTo(points[k]);
        }
        return new LineCodebook(points.ToArray(), weights, distortion);
    }

    /// <summary>The best K points of equal mass 1/K: means of K slices of equal probability. This is balanced k-means, the true optimum without weights.</summary>
    /// <param name="distribution">Distribution with a finite variance.</param>
    /// <param name="count">K, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is less than 1.</exception>
    public static LineCodebook Balanced(ILineDistribution distribution, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var points = new double[count];
        var weights = new double[count];
        Array.Fill(weights, 1.0 / count);
        var distance = 0.0;
        for (var k = 0; k < count; k++)
        {
            var slice = distribution.Between(distribution.Quantile((double)k / count), distribution.Quantile((k + 1.0) / count));
            points[k] = slice.Mean;
            distance += slice.SquaredDistanceTo(points[k]);
        }
        return new LineCodebook(points, weights, distance);
    }

    /// <summary>Moments of the Voronoi cell of point <paramref name="index"/>: the interval between the midpoints to its neighbours.</summary>
    /// <param name="distribution">Distribution.</param>
    /// <param name="points">K points in ascending order.</param>
    /// <param name="index">Point, in [0, K).</param>
    public static CellMoments Cell(ILineDistribution distribution, ReadOnlySpan<double> points, int index) => distribution.Between(
        index == 0 ? double.NegativeInfinity : (points[index - 1] + points[index]) / 2,
        index == points.Length - 1 ? double.PositiveInfinity : (points[index] + points[index + 1]) / 2);
}

using Ddoq.Foundations;

namespace Ddoq.Theory;

/// <summary>
/// Quantizers of a continuous distribution on the line, without samples: masses and means of cells in closed form. They say what a quantizer of samples must
/// approach, and they are the reference of the numerical checks.
/// </summary>
public static class LineQuantizer
{
    private const int MostSteps = 5_000_000;

    /// <summary>
    /// The optimal K points with their Voronoi masses: Lloyd's fixed point x_k = E[X | cell k], started from the exact optimum of a fine discretization, so that
    /// it is the global one also where there are several. Points are accurate to about 1e-10. Time O(K^3) steps' worth: K up to a few hundred.
    /// </summary>
    /// <param name="distribution">Distribution with a finite variance.</param>
    /// <param name="count">K, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is less than 1.</exception>
    /// <exception cref="WorkFailedException">The iteration does not settle.</exception>
    public static LineCodebook Optimal(ILineDistribution distribution, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var points = LineGrid.OptimalMeans(distribution, count);
        for (var step = 0; step < MostSteps; step++)
            if (Advance(distribution, points) <= 1e-14 * Math.Max(1, points[^1] - points[0])) return WithVoronoiMasses(distribution, points);
        throw new WorkFailedException($"Lloyd's iteration for {count} points on the line has not settled after {MostSteps} steps. Ask for fewer points.");
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

    // One Lloyd step in place, returning the largest shift. A point's cell still sees its left neighbour's old place.
    private static double Advance(ILineDistribution distribution, double[] points)
    {
        var largest = 0.0;
        var left = double.NegativeInfinity;
        for (var k = 0; k < points.Length; k++)
        {
            var right = k == points.Length - 1 ? double.PositiveInfinity : (points[k] + points[k + 1]) / 2;
            var mean = distribution.Between(left, right).Mean;
            largest = Math.Max(largest, Math.Abs(mean - points[k]));
            (points[k], left) = (mean, right);
        }
        return largest;
    }
}

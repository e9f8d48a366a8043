namespace Ddoq.Theory;

/// <summary>
/// One step towards points that are the means of their cells, g_k = x_k mass_k - first_k = 0. The Hessian of the distortion is tridiagonal: with the edges b between
/// cells, d g_k / d x_k+1 = -f(b) (b - x_k) / 2, and the diagonal holds mass_k and the same terms. Where it is positive definite and keeps the order of the points,
/// the step is Newton's; elsewhere it is Lloyd's, which never raises the distortion.
/// </summary>
internal static class LineFixedPoint
{
    /// <summary>Moves the points in place and returns the largest gap between a point and the mean of its cell before the step.</summary>
    public static double Advance(ILineDistribution distribution, double[] points)
    {
        var cells = Enumerable.Range(0, points.Length).Select(k => LineQuantizer.Cell(distribution, points, k)).ToArray();
        var gap = cells.Zip(points, (cell, x) => Math.Abs(cell.Mean - x)).Max();
        if (Newton(distribution, points, cells) is { } next) next.CopyTo(points, 0);
        else for (var k = 0; k < points.Length; k++) points[k] = cells[k].Mean;
        return gap;
    }

    private static double[]? Newton(ILineDistribution distribution, double[] points, CellMoments[] cells)
    {
        var coupling = Couplings(distribution, points);
        double[] pivots = new double[points.Length], step = new double[points.Length];
        for (var k = 0; k < points.Length; k++)
        {
            double left = k > 0 ? coupling[k - 1] : 0, right = k < points.Length - 1 ? coupling[k] : 0;
            pivots[k] = cells[k].Mass - left - right - (k > 0 ? left * left / pivots[k - 1] : 0);
            if (!(pivots[k] > 0)) return null;
            step[k] = cells[k].First - points[k] * cells[k].Mass + (k > 0 ? left / pivots[k - 1] * step[k - 1] : 0);
        }
        for (var k = points.Length - 1; k >= 0; k--) step[k] = (step[k] + (k < points.Length - 1 ? coupling[k] * step[k + 1] : 0)) / pivots[k];
        var next = points.Zip(step, (x, s) => x + s).ToArray();
        return next.Zip(next.Skip(1)).All(pair => pair.First < pair.Second) ? next : null;
    }

    // f(b) (b - x_k) / 2 for the edge b after each point but the last, where b - x_k is half the distance to the next.
    private static double[] Couplings(ILineDistribution distribution, double[] points) =>
        [.. points.Zip(points.Skip(1), (x, next) => distribution.Density((x + next) / 2) * (next - x) / 4)];
}

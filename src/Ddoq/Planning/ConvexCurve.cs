namespace Ddoq.Planning;

/// <summary>
/// The distortion of one class at every number of points from 1 up, from measurements at a few of them. Between measurements it is a power law (a straight line of
/// log D over log K, as Zador's theorem has it), beyond the last one the last power law goes on. Measured curves waver, because k-means finds local optima: rises
/// are levelled first (isotonic regression), and the result is the greatest convex curve below, so that the gain of one more point never grows.
/// </summary>
public static class ConvexCurve
{
    /// <summary>D(1), ..., D(<paramref name="most"/>): non-negative, never rising, convex. Time O(most).</summary>
    /// <param name="measured">Number of points and distortion, ascending in the former, the first at 1 point; distortions finite and non-negative.</param>
    /// <param name="most">Last number of points, at least 1.</param>
    /// <exception cref="ArgumentException">Nothing measured at 1 point, an order that does not ascend, or a distortion that is not permitted.</exception>
    public static double[] Through(IReadOnlyList<(int Points, double Distortion)> measured, int most)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        Check(measured);
        return Convex(Interpolate(Falling(measured), most));
    }

    private static void Check(IReadOnlyList<(int Points, double Distortion)> measured)
    {
        if (measured.Count == 0 || measured[0].Points != 1) throw new ArgumentException("the first measurement must be at 1 point.", nameof(measured));
        for (var i = 0; i < measured.Count; i++)
        {
            var (points, distortion) = measured[i];
            if (i > 0 && points <= measured[i - 1].Points) throw new ArgumentException($"{points} points follow {measured[i - 1].Points}; they must ascend.", nameof(measured));
            if (!double.IsFinite(distortion) || distortion < 0) throw new ArgumentException($"the distortion {distortion} at {points} points is not a finite number of at least 0.", nameof(measured));
        }
    }

    // Pool adjacent violators: runs that rise are replaced by their mean.
    private static (int Points, double Distortion)[] Falling(IReadOnlyList<(int Points, double Distortion)> measured)
    {
        var pools = new Stack<(double Sum, int Count)>();
        foreach (var (_, distortion) in measured)
        {
            var pool = (Sum: distortion, Count: 1);
            while (pools.TryPeek(out var before) && before.Sum * pool.Count < pool.Sum * before.Count)
            {
                pools.Pop();
                pool = (pool.Sum + before.Sum, pool.Count + before.Count);
            }
            pools.Push(pool);
        }
        var levels = pools.Reverse().SelectMany(pool => Enumerable.Repeat(pool.Sum / pool.Count, pool.Count));
        return [.. measured.Zip(levels, (m, level) => (m.Points, level))];
    }

    private static double[] Interpolate((int Points, double Distortion)[] measured, int most)
    {
        var curve = new double[most];
        var segment = 0;
        for (var k = 1; k <= most; k++)
        {
            while (segment + 2 < measured.Length && measured[segment + 1].Points <= k) segment++;
            curve[k - 1] = measured.Length == 1 ? measured[0].Distortion : Between(measured[segment], measured[segment + 1], k);
        }
        return curve;
    }

    // No power law reaches 0: towards a distortion of 0 the way is straight.
    private static double Between((int Points, double Distortion) a, (int Points, double Distortion) b, int k)
    {
        if (k == a.Points) return a.Distortion;
        if (b.Distortion == 0) return k >= b.Points ? 0 : a.Distortion * (b.Points - k) / (b.Points - a.Points);
        var exponent = Math.Log(b.Distortion / a.Distortion) / Math.Log((double)b.Points / a.Points);
        return a.Distortion * Math.Pow((double)k / a.Points, exponent);
    }

    // The lower hull of the points (k, D(k)), read off at every k.
    private static double[] Convex(double[] curve)
    {
        var corners = new List<int>();
        for (var k = 0; k < curve.Length; k++)
        {
            while (corners.Count > 1 && Slope(curve, corners[^2], corners[^1]) >= Slope(curve, corners[^1], k)) corners.RemoveAt(corners.Count - 1);
            corners.Add(k);
        }
        var hull = (double[])curve.Clone();
        for (var i = 1; i < corners.Count; i++)
            for (var k = corners[i - 1] + 1; k < corners[i]; k++)
                hull[k] = curve[corners[i - 1]] + Slope(curve, corners[i - 1], corners[i]) * (k - corners[i - 1]);
        return hull;
    }

    private static double Slope(double[] curve, int a, int b) => (curve[b] - curve[a]) / (b - a);
}

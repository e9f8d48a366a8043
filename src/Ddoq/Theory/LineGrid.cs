namespace Ddoq.Theory;

/// <summary>
/// The exact optimum of K-means on the line for n ordered atoms, by dynamic programming over the ends of the clusters (Fisher 1958; Wang and Song 2011). Time
/// O(K n^2), memory O(K n).
/// </summary>
internal static class LineGrid
{
    private const double NegligibleMass = 1e-9;

    /// <summary>The optimal K means of a fine discretization.</summary>
    public static double[] OptimalMeans(ILineDistribution distribution, int count) => OptimalMeans(Slices(distribution, Math.Max(128, 4 * count)), count);

    /// <summary>The optimal K means of atoms in ascending order, K at most their number. Only their mass and mean count.</summary>
    public static double[] OptimalMeans(CellMoments[] atoms, int count)
    {
        var sums = new PrefixSums(atoms);
        var (best, start) = (Enumerable.Range(0, atoms.Length + 1).Select(end => sums.Cost(0, end)).ToArray(), new int[count, atoms.Length + 1]);
        for (var k = 1; k < count; k++) best = WithOneMore(sums, best, start, k);
        var means = new double[count];
        for (int k = count - 1, end = atoms.Length; k >= 0; end = start[k, end], k--) means[k] = sums.Mean(start[k, end], end);
        return means;
    }

    // Slices of equal mass see every mode, slices of equal width see the gaps between modes: edges of both.
    private static CellMoments[] Slices(ILineDistribution distribution, int count)
    {
        var (from, to) = (distribution.Quantile(NegligibleMass), distribution.Quantile(1 - NegligibleMass));
        var inner = Enumerable.Range(1, count - 1).SelectMany(i => new[] { distribution.Quantile((double)i / count), from + (to - from) * i / count });
        double[] edges = [double.NegativeInfinity, .. inner.Order(), double.PositiveInfinity];
        return [.. edges.Zip(edges.Skip(1), distribution.Between).Where(slice => slice.Mass > 0)];
    }

    // best[end]: least cost of the first `end` atoms in k clusters; the last of k+1 begins where the sum is least.
    private static double[] WithOneMore(PrefixSums sums, double[] best, int[,] start, int k)
    {
        var next = new double[best.Length];
        for (var end = 0; end < next.Length; end++)
        {
            next[end] = double.PositiveInfinity;
            for (var begin = k; begin < end; begin++)
            {
                var cost = best[begin] + sums.Cost(begin, end);
                if (cost < next[end]) (next[end], start[k, end]) = (cost, begin);
            }
        }
        return next;
    }

    private sealed class PrefixSums
    {
        private readonly double[] _mass;
        private readonly double[] _first;
        private readonly double[] _second;

        public PrefixSums(CellMoments[] atoms)
        {
            (_mass, _first, _second) = (new double[atoms.Length + 1], new double[atoms.Length + 1], new double[atoms.Length + 1]);
            for (var i = 0; i < atoms.Length; i++)
                (_mass[i + 1], _first[i + 1], _second[i + 1]) = (_mass[i] + atoms[i].Mass, _first[i] + atoms[i].First, _second[i] + atoms[i].Mean * atoms[i].First);
        }

        public double Mean(int begin, int end) => (_first[end] - _first[begin]) / (_mass[end] - _mass[begin]);

        // Sum of squared distances of the atoms to their mean, weighted by mass.
        public double Cost(int begin, int end)
        {
            if (begin == end) return 0;
            var sum = _first[end] - _first[begin];
            return _second[end] - _second[begin] - sum * sum / (_mass[end] - _mass[begin]);
        }
    }
}

namespace Ddoq.Quantization;

/// <summary>
/// Each sample's centroids that are cheapest less their prices, found in one pass over all pairs, and the lower bound of the transport cost that the pass proves: for
/// any prices v, sum_i s_i min_j (c_ij - v_j) + sum_j d_j v_j is at most the cost of any plan.
/// </summary>
/// <param name="Arcs">The lists, cheapest first.</param>
/// <param name="LowerBound">Bound for the masses' total; divide by it for the cost per unit.</param>
internal sealed record Shortlist(TransportArcs Arcs, double LowerBound)
{
    private const int RowBlock = 128;

    /// <param name="pairs">Samples and centroids.</param>
    /// <param name="masses">What samples supply and centroids demand.</param>
    /// <param name="prices">v, K.</param>
    /// <param name="length">Centroids per sample, at most K.</param>
    /// <param name="threads">Threads to use; the result does not depend on it.</param>
    /// <param name="cancellation">Checked once per block.</param>
    public static Shortlist Find(PairCosts pairs, EqualMasses masses, double[] prices, int length, int threads, CancellationToken cancellation)
    {
        var (samples, sinks) = (pairs.Samples.Count, new int[checked(pairs.Samples.Count * length)]);
        var (costs, least) = (new double[sinks.Length], new double[samples]);
        FixedBlocks.Run(samples, RowBlock, threads, (start, end) =>
        {
            cancellation.ThrowIfCancellationRequested();
            var (buffer, row) = (new double[pairs.Samples.Dimension], new double[pairs.Count]);
            for (var i = start; i < end; i++)
            {
                pairs.Read(i, buffer, row);
                var list = sinks.AsSpan(i * length, length);
                Select(row, prices, list);
                least[i] = row[list[0]] - prices[list[0]];
                for (var a = 0; a < length; a++) costs[i * length + a] = row[list[a]];
            }
        });
        var bound = 0.0;
        for (var i = 0; i < samples; i++) bound += masses.Supply[i] * least[i];
        for (var j = 0; j < prices.Length; j++) bound += masses.Demand[j] * prices[j];
        return new Shortlist(new TransportArcs(pairs.Count, length, sinks, costs), bound);
    }

    // Insertion into the sorted list; of equals the lowest index comes first.
    private static void Select(double[] row, double[] prices, Span<int> list)
    {
        for (var (j, filled) = (0, 0); j < row.Length; j++)
        {
            var key = row[j] - prices[j];
            if (filled == list.Length && !(key < row[list[^1]] - prices[list[^1]])) continue;
            var place = filled < list.Length ? filled++ : filled - 1;
            for (; place > 0 && key < row[list[place - 1]] - prices[list[place - 1]]; place--) list[place] = list[place - 1];
            list[place] = j;
        }
    }
}

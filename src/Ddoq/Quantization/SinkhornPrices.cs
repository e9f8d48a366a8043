using System.Numerics.Tensors;

namespace Ddoq.Quantization;

/// <summary>
/// Prices of the sinks from the entropic transport problem on part of the samples: each source spreads its mass by the softmax of (v_j - c_ij) / epsilon, and each price
/// rises by epsilon log(demand / mass received), which is Sinkhorn's iteration in the log domain with the sources' side eliminated. Epsilon halves from the scale of
/// the costs down to a 500th of it.
/// </summary>
internal static class SinkhornPrices
{
    private const int RowBlock = 64;
    private const int LeastPerSink = 32;
    private const int MostPairs = 1 << 23;
    private const int Halvings = 9;
    private const int StepsPerLevel = 8;
    private const double Enough = 0.05;

    /// <param name="pairs">Samples and centroids.</param>
    /// <param name="masses">What samples supply and centroids demand.</param>
    /// <param name="threads">Threads to use; the result does not depend on it.</param>
    /// <param name="cancellation">Checked once per step.</param>
    public static double[] Find(PairCosts pairs, EqualMasses masses, int threads, CancellationToken cancellation)
    {
        var rows = Rows(pairs.Samples.Count, pairs.Count);
        var supply = Array.ConvertAll(rows, r => masses.Supply[r]);
        if (supply.Sum() == 0) return new double[pairs.Count];
        var costs = Costs(pairs, rows, threads);
        var prices = new double[pairs.Count];
        var epsilon = Scale(costs, pairs.Count);
        for (var level = 0; level <= Halvings && epsilon > 0; level++, epsilon /= 2) Settle(costs, supply, prices, epsilon, threads, cancellation);
        return prices;
    }

    // Evenly spaced: a few dozen samples per centroid tell the prices to the accuracy that the linear program then needs.
    private static int[] Rows(int samples, int sinks)
    {
        var count = (int)Math.Min(samples, Math.Max(MostPairs / 8 / sinks, Math.Min((long)LeastPerSink * sinks, Math.Max(sinks, MostPairs / sinks))));
        return [.. Enumerable.Range(0, count).Select(i => (int)((long)i * samples / count))];
    }

    private static float[] Costs(PairCosts pairs, int[] rows, int threads)
    {
        var costs = new float[checked(rows.Length * pairs.Count)];
        FixedBlocks.Run(rows.Length, RowBlock, threads, (start, end) =>
        {
            var buffer = new double[pairs.Samples.Dimension];
            var row = new double[pairs.Count];
            for (var i = start; i < end; i++)
            {
                pairs.Read(rows[i], buffer, row);
                var least = row.Min();
                for (var j = 0; j < row.Length; j++) costs[i * row.Length + j] = (float)(row[j] - least);
            }
        });
        return costs;
    }

    // Costs count from the least of each row, so that their mean is what choosing costs.
    private static double Scale(float[] costs, int sinks) => costs.Sum(c => (double)c) / costs.Length * sinks / Math.Max(1, sinks - 1);

    private static void Settle(float[] costs, double[] supply, double[] prices, double epsilon, int threads, CancellationToken cancellation)
    {
        var demand = supply.Sum() / prices.Length;
        for (var step = 0; step < StepsPerLevel; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            var received = Spread(costs, supply, prices, epsilon, threads);
            var missing = received.Sum(m => Math.Abs(m - demand)) / (demand * prices.Length);
            for (var j = 0; j < prices.Length; j++) prices[j] += epsilon * Math.Log(demand / Math.Max(received[j], 1e-6 * demand));
            if (missing < Enough) return;
        }
    }

    // Blocks are summed in order, so that the number of threads does not show.
    private static double[] Spread(float[] costs, double[] supply, double[] prices, double epsilon, int threads)
    {
        var sinks = prices.Length;
        var parts = new double[(supply.Length + RowBlock - 1) / RowBlock][];
        FixedBlocks.Run(supply.Length, RowBlock, threads, (start, end) =>
        {
            var received = parts[start / RowBlock] = new double[sinks];
            var shares = new float[sinks];
            for (var i = start; i < end; i++) Share(costs.AsSpan(i * sinks, sinks), supply[i], prices, epsilon, shares, received);
        });
        var sum = new double[sinks];
        foreach (var part in parts) TensorPrimitives.Add(sum, part, sum);
        return sum;
    }

    private static void Share(ReadOnlySpan<float> costs, double supply, double[] prices, double epsilon, float[] shares, double[] received)
    {
        for (var j = 0; j < shares.Length; j++) shares[j] = (float)((prices[j] - costs[j]) / epsilon);
        TensorPrimitives.Subtract(shares, TensorPrimitives.Max<float>(shares), shares);
        TensorPrimitives.Exp<float>(shares, shares);
        var factor = supply / TensorPrimitives.Sum<float>(shares);
        for (var j = 0; j < shares.Length; j++) received[j] += factor * shares[j];
    }
}

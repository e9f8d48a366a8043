namespace Ddoq.Quantization;

/// <summary>An order of centroids in which each run of 16 lies close together, so that one bound serves it well.</summary>
internal static class Neighbourhoods
{
    /// <summary>Fills <paramref name="order"/>: the first centroid left over takes its 15 nearest among those left over, and so on. Time O(K^2 D / 16).</summary>
    /// <param name="centroids">K rows.</param>
    /// <param name="order">K, a permutation.</param>
    /// <param name="threads">Threads to use.</param>
    public static void Arrange(IRows centroids, int[] order, int threads)
    {
        var rows = new FloatRows(order.Length, centroids.Dimension);
        for (var k = 0; k < rows.Count; k++) centroids.Read(k, 0, rows[k]);
        var left = Enumerable.Range(0, order.Length).ToList();
        var distances = new double[order.Length];
        for (var place = 0; place < order.Length; place += ProductKernel.PanelWidth)
        {
            var pivot = left[0];
            FixedBlocks.Run(left.Count, 16, threads, (start, end) =>
            {
                for (var i = start; i < end; i++)
                    distances[left[i]] = DistanceKernel.SquaredDistance(rows[pivot], rows[left[i]]);
            });
            var group = left.OrderBy(k => k == pivot ? -1 : distances[k]).Take(ProductKernel.PanelWidth).ToArray();
            group.CopyTo(order, place);
            left = [.. left.Except(group)];
        }
    }
}

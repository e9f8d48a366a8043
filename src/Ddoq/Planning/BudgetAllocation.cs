namespace Ddoq.Planning;

/// <summary>
/// Spreads a total number of images over classes. With costs that are convex in the number of images, giving each next image to the class where it lowers the cost most
/// is optimal (Fox 1966, "Discrete optimization via marginal analysis").
/// </summary>
public static class BudgetAllocation
{
    /// <summary>Images of each class that minimise the sum of costs. Time O(L + B log L).</summary>
    /// <param name="costs">costs[c][k - 1] is the cost of class c with k images; its length is the most that the class can take. Convex and never rising.</param>
    /// <param name="budget">Images in all, B.</param>
    /// <param name="least">Images that each class gets at least; by default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The budget is less than the least of all classes together, or more than they can take.</exception>
    public static int[] Spread(IReadOnlyList<double[]> costs, int budget, IReadOnlyList<int>? least = null) =>
        Fill([.. costs.Select(c => c.Length)], budget, least, (c, k) => costs[c][k] - costs[c][k - 1]);

    /// <summary>The same number for every class as nearly as it goes: a class that cannot take its part leaves the rest to the others, and a remainder goes to the first classes.</summary>
    /// <param name="most">Images that each class can take.</param>
    /// <param name="budget">Images in all, B.</param>
    /// <param name="least">Images that each class gets at least; by default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The budget is less than the least of all classes together, or more than they can take.</exception>
    public static int[] Equal(IReadOnlyList<int> most, int budget, IReadOnlyList<int>? least = null) => Fill(most, budget, least, (_, k) => k);

    // Each image goes to the class with the least price of its next one, the first at a tie.
    private static int[] Fill(IReadOnlyList<int> most, int budget, IReadOnlyList<int>? least, Func<int, int, double> priceOfNext)
    {
        var images = least?.ToArray() ?? [.. Enumerable.Repeat(1, most.Count)];
        var given = images.Sum(k => (long)k);
        if (budget < given) throw new ArgumentOutOfRangeException(nameof(budget), budget, $"{most.Count} classes take {given} images at least.");
        var next = new PriorityQueue<int, (double Price, int Class)>();
        for (var c = 0; c < images.Length; c++) Offer(c);
        for (; given < budget; given++)
        {
            if (!next.TryDequeue(out var c, out _)) throw new ArgumentOutOfRangeException(nameof(budget), budget, $"the classes take {given} images at most.");
            images[c]++;
            Offer(c);
        }
        return images;

        void Offer(int c)
        {
            if (images[c] < most[c]) next.Enqueue(c, (priceOfNext(c, images[c]), c));
        }
    }
}

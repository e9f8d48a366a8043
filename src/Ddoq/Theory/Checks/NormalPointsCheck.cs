namespace Ddoq.Theory.Checks;

/// <summary>T2: the optimal points of N(0, 1) and their masses.</summary>
internal sealed class NormalPointsCheck : ITheoryCheck
{
    // The upper half of each symmetric codebook: point and mass.
    private static readonly (int K, (double Point, double Weight)[] Upper)[] Table =
    [
        (3, [(0, 0.45946), (1.22401, 0.27027)]),
        (4, [(0.45278, 0.33685), (1.51042, 0.16315)]),
        (5, [(0, 0.29775), (0.76457, 0.24444), (1.72415, 0.10668)]),
    ];

    public string Id => "T2";

    public string Claim => "the optimal points of N(0, 1) and the masses of their cells";

    public IEnumerable<CheckRow> Run(CheckContext context)
    {
        foreach (var (k, upper) in Table)
        {
            var book = context.Subjects.Optimal(NormalDistribution.Standard, k);
            foreach (var (i, (point, weight)) in upper.Index())
            {
                var (left, right) = (upper.Length - 1 - i, k - upper.Length + i);
                yield return this.Near($"K={k}, point {right + 1}", point, book.Points[right], 1e-5);
                if (left != right) yield return this.Near($"K={k}, point {left + 1}", -point, book.Points[left], 1e-5);
                yield return this.Near($"K={k}, mass of point {right + 1}", weight, book.Weights[right], 1e-5);
                if (left != right) yield return this.Near($"K={k}, mass of point {left + 1}", weight, book.Weights[left], 1e-5);
            }
        }
    }
}

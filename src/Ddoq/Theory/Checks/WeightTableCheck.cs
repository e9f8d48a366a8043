namespace Ddoq.Theory.Checks;

/// <summary>
/// T7: W2^2 of three measures that are easily mistaken for one another: optimal points with their masses; the same points with equal weights, which does not converge
/// as K grows; and the true optimum among equal weights.
/// </summary>
internal sealed class WeightTableCheck : ITheoryCheck
{
    private static readonly (int K, double Voronoi, double Equal, double Balanced)[] Normal =
    [
        (2, 0.363380, 0.363380, 0.363380), (3, 0.190174, 0.218601, 0.206771), (4, 0.117482, 0.176283, 0.139441), (5, 0.079941, 0.166776, 0.103045),
        (8, 0.034548, 0.188453, 0.054966), (10, 0.022937, 0.210398, 0.040954), (20, 0.006208, 0.294067, 0.016694), (50, 0.001047, 0.393931, 0.005289),
    ];

    private static readonly (int K, double Voronoi, double Equal, double Balanced)[] Unbalanced =
        [(2, 0.2500, 12.517, 2.577), (3, 0.1068, 6.852, 2.093), (5, 0.0514, 2.729, 1.371)];

    public string Id => "T7";

    public string Claim => "W2^2 of optimal points with masses, with equal weights, and of the equal-weight optimum";

    public IEnumerable<CheckRow> Run(CheckContext context) =>
        Rows(context, "N(0, 1)", NormalDistribution.Standard, Normal, 1e-6, 1e-6).Concat(Rows(context, "0.9 N(-3, 0.25) + 0.1 N(3, 0.25)",
            new NormalMixture((0.9, new NormalDistribution(-3, 0.5)), (0.1, new NormalDistribution(3, 0.5))), Unbalanced, 1e-4, 1e-3));

    private IEnumerable<CheckRow> Rows(CheckContext context, string name, ILineDistribution law, (int, double, double, double)[] table, double tolerance, double coarse)
    {
        foreach (var (k, voronoi, equal, balanced) in table)
        {
            double[] same = [.. Enumerable.Repeat(1.0 / k, k)];
            var book = context.Subjects.Optimal(law, k);
            yield return this.Near($"{name}, K={k}, optimal points, their masses", voronoi, QuantileTransport.SquaredDistance(law, book.Points, book.Weights), tolerance);
            yield return this.Near($"{name}, K={k}, optimal points, equal weights", equal, QuantileTransport.SquaredDistance(law, book.Points, same), coarse);
            yield return this.Near($"{name}, K={k}, equal-weight optimum", balanced, QuantileTransport.SquaredDistance(law, context.Subjects.Balanced(law, k).Points, same), coarse);
        }
    }
}

namespace Ddoq.Theory.Checks;

/// <summary>T3: the optimal quantizer of U[0, 1] has points (2k - 1) / (2K), masses 1/K and D = 1 / (12 K^2).</summary>
internal sealed class UniformPointsCheck : ITheoryCheck
{
    public string Id => "T3";

    public string Claim => "U[0, 1]: points (2k-1)/(2K), masses 1/K, D = 1/(12 K^2)";

    public IEnumerable<CheckRow> Run(CheckContext context)
    {
        foreach (var k in new[] { 1, 3, 10, 32 })
        {
            var book = context.Subjects.Optimal(new UniformDistribution(), k);
            yield return this.Near($"K={k}, largest gap of a point", 0, book.Points.Select((x, i) => Math.Abs(x - (2 * i + 1) / (2.0 * k))).Max(), 1e-9);
            yield return this.Near($"K={k}, largest gap of a mass", 0, book.Weights.Max(w => Math.Abs(w - 1.0 / k)), 1e-9);
            yield return this.Near($"K={k}, 12 K^2 D", 1, 12 * k * k * book.SquaredDistance, 1e-9);
        }
    }
}

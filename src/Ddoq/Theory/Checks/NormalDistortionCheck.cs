namespace Ddoq.Theory.Checks;

/// <summary>T1: the least distortion of N(0, 1) with K points.</summary>
internal sealed class NormalDistortionCheck : ITheoryCheck
{
    private static readonly (int K, double Distortion)[] Table =
        [(1, 1), (2, 0.363380), (3, 0.190174), (4, 0.117482), (5, 0.079941), (8, 0.034548), (10, 0.022937), (16, 0.009501), (20, 0.006208)];

    public string Id => "T1";

    public string Claim => "the least distortion of N(0, 1) with K points";

    public IEnumerable<CheckRow> Run(CheckContext context) => Table.Select(row =>
        this.Near($"D, K={row.K}", row.Distortion, context.Subjects.Optimal(NormalDistribution.Standard, row.K).SquaredDistance, 1e-6));
}

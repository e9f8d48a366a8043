namespace Ddoq.Theory.Checks;

/// <summary>
/// T14: noising brings distributions together: W2 after noise is at most m times W2 before, m the signal factor (1 for variance-exploding noise), and exactly m times
/// for two distributions that differ by a shift. So a bound for noised measures covers quantizing clean latents first and noising them after.
/// </summary>
internal sealed class ForwardContractionCheck : ITheoryCheck
{
    private static readonly NormalMixture Law = new((0.6, new NormalDistribution(-2, 0.3)), (0.3, new NormalDistribution(1, 0.5)), (0.1, new NormalDistribution(4, 0.2)));

    public string Id => "T14";

    public string Claim => "forward noise shrinks W2 by at least the signal factor";

    public IEnumerable<CheckRow> Run(CheckContext context)
    {
        foreach (var signal in new[] { 0.99, 0.7, 0.2 })
            foreach (var row in Rows(context, $"variance-preserving, m={signal}", signal, Math.Sqrt(1 - signal * signal))) yield return row;
        foreach (var sigma in new[] { 0.1, 0.5, 2 })
            foreach (var row in Rows(context, $"variance-exploding, sigma={sigma}", 1, sigma)) yield return row;
    }

    private IEnumerable<CheckRow> Rows(CheckContext context, string what, double signal, double noise)
    {
        var noised = context.Subjects.Noised(Law, signal, noise);
        var book = context.Subjects.Optimal(Law, 4);
        var codebook = NormalMixture.Noised(book.Points, book.Weights, signal, noise);
        yield return this.AtMost($"{what}, quantized with K=4, W2 after / before", signal, Math.Sqrt(QuantileTransport.SquaredDistance(noised, codebook) / book.SquaredDistance), 1e-6);
        var shifted = context.Subjects.Noised(new NormalMixture((0.6, new NormalDistribution(-1, 0.3)), (0.3, new NormalDistribution(2, 0.5)), (0.1, new NormalDistribution(5, 0.2))), signal, noise);
        yield return this.Near($"{what}, shifted by 1, W2 after / before", signal, Math.Sqrt(QuantileTransport.SquaredDistance(noised, shifted)), 1e-6);
    }
}

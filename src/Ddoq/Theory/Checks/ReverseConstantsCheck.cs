namespace Ddoq.Theory.Checks;

/// <summary>
/// T8: the reverse process stretches distances by at most its constant, and two points at -1 and 1 attain that of the probability flow. The flow is integrated by
/// Runge and Kutta's method, the SDE by Euler and Maruyama's with both points driven by one noise.
/// </summary>
internal sealed class ReverseConstantsCheck : ITheoryCheck
{
    private const int Paths = 200;
    private const double Start = 4, PreservingStart = 0.99;

    public string Id => "T8";

    public string Claim => "constants of the exact reverse process, on the points -1 and 1 with noise variance 4 at the start";

    public IEnumerable<CheckRow> Run(CheckContext context) => ProbabilityFlow(context).Concat(Sde(context));

    private IEnumerable<CheckRow> ProbabilityFlow(CheckContext context)
    {
        var constant = context.Subjects.ProbabilityFlow;
        foreach (var (end, expected) in new[] { (0.5, 0.848130), (0.25, 1.630205), (0.1, 20.708832) })
        {
            var exploding = new TwoPointDiffusion(1);
            yield return this.Near($"flow to v={end}, formula", expected, constant(1, end, Start), 1e-6);
            yield return this.Near($"flow to v={end}, slope at 0", constant(1, end, Start), Slope(exploding, Start, end), 1e-6 * expected);
            yield return this.AtMost($"flow to v={end}, greatest stretch between two places", constant(1, end, Start), GreatestStretch(exploding, Start, end), 1e-6);
        }
        yield return this.Near("variance-preserving flow to v=0.25, slope at 0", constant(1, 0.25, PreservingStart), Slope(new TwoPointDiffusion(1, variancePreserving: true), PreservingStart, 0.25), 1e-6);
    }

    private IEnumerable<CheckRow> Sde(CheckContext context)
    {
        foreach (var (end, expected) in new[] { (0.5, 0.719), (0.25, 2.658) })
        {
            yield return this.Near($"SDE to v={end}, formula", expected, context.Subjects.ReverseSde(1, end, Start), 5e-4);
            yield return this.AtMost($"SDE to v={end}, greatest stretch of {Paths} pairs", context.Subjects.ReverseSde(1, end, Start), GreatestCoupledStretch(context, new TwoPointDiffusion(1), Start, end), 1e-3);
        }
        yield return this.AtMost($"variance-preserving SDE to v=0.25, greatest stretch of {Paths} pairs", ReverseProcessConstants.ReverseSdeVariancePreserving(1, 0.25, PreservingStart),
            GreatestCoupledStretch(context, new TwoPointDiffusion(1, variancePreserving: true), PreservingStart, 0.25), 1e-3);
    }

    private static double Slope(TwoPointDiffusion process, double start, double end)
    {
        const double h = 1e-7;
        return (process.Flow(h, start, end) - process.Flow(-h, start, end)) / (2 * h);
    }

    // The flow keeps the order of points, so neighbours on a grid suffice.
    private static double GreatestStretch(TwoPointDiffusion process, double start, double end)
    {
        const double step = 0.25;
        var ends = Enumerable.Range(-20, 41).Select(i => process.Flow(i * step, start, end, 500)).ToArray();
        return ends.Zip(ends.Skip(1), (a, b) => (b - a) / step).Max();
    }

    private static double GreatestCoupledStretch(CheckContext context, TwoPointDiffusion process, double start, double end)
    {
        var random = context.Seeds.Stream("theory/coupling", (long)(1000 * start), (long)(1000 * end));
        var greatest = 0.0;
        for (var i = 0; i < Paths; i++)
        {
            var x = 2 * random.NextDouble() - 1;
            greatest = Math.Max(greatest, process.CoupledStretch(x, x + 0.1, start, end, ref random));
        }
        return greatest;
    }
}

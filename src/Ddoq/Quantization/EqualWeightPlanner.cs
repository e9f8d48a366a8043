namespace Ddoq.Quantization;

/// <summary>Finds the cheapest way to give every centroid the same mass of samples.</summary>
/// <param name="method">How.</param>
/// <param name="threads">Threads for the distances; the result does not depend on it.</param>
internal sealed class EqualWeightPlanner(TransportMethod method, int threads)
{
    private const long MostExactPairs = 1L << 22;
    private const int FirstLength = 8;
    private const int MostRounds = 6;
    private const int RowBlock = 128;

    /// <summary>The cheapest plan.</summary>
    /// <param name="samples">N x D, at least one.</param>
    /// <param name="centroids">K x D, at least one.</param>
    /// <param name="before">A plan for similar centroids, whose prices are a good start; null if there is none.</param>
    /// <param name="cancellation">Checked once per block of samples and per search.</param>
    public EqualWeightPlan Find(Samples samples, double[] centroids, EqualWeightPlan? before = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(samples.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(centroids.Length, samples.Dimension);
        var pairs = new PairCosts(samples, centroids);
        var masses = EqualMasses.Of(samples, pairs.Count);
        return IsExact(samples.Count, pairs.Count) ? Exact(pairs, masses, before, cancellation) : ByShortlists(pairs, masses, before, cancellation);
    }

    private bool IsExact(long samples, int count) => method == TransportMethod.Exact || (method == TransportMethod.Automatic && samples * count <= MostExactPairs);

    private EqualWeightPlan Exact(PairCosts pairs, EqualMasses masses, EqualWeightPlan? before, CancellationToken cancellation)
    {
        var costs = new double[checked(pairs.Samples.Count * pairs.Count)];
        FixedBlocks.Run(pairs.Samples.Count, RowBlock, threads, (start, end) =>
        {
            cancellation.ThrowIfCancellationRequested();
            var buffer = new double[pairs.Samples.Dimension];
            for (var i = start; i < end; i++) pairs.Read(i, buffer, costs.AsSpan(i * pairs.Count, pairs.Count));
        });
        var plan = TransportProblem.Solve(TransportArcs.All(pairs.Count, costs), masses.Supply, masses.Demand, before?.Plan.Potentials, cancellation);
        return new EqualWeightPlan(plan, masses, TransportBounds.Exactly(plan.TotalCost() / masses.Total));
    }

    // Each round's prices make better lists and a better bound. Lists that cannot carry the demand, or that leave a gap, grow.
    private EqualWeightPlan ByShortlists(PairCosts pairs, EqualMasses masses, EqualWeightPlan? before, CancellationToken cancellation)
    {
        var prices = before?.Plan.Potentials ?? SinkhornPrices.Find(pairs, masses, threads, cancellation);
        var (best, lower) = ((EqualWeightPlan?)null, 0.0);
        var length = Math.Min(FirstLength, pairs.Count);
        for (var round = 0; ; round++)
        {
            var list = Shortlist.Find(pairs, masses, prices, length, threads, cancellation);
            lower = Math.Max(lower, list.LowerBound / masses.Total);
            best = best is null ? null : best with { Bounds = new TransportBounds(Math.Min(lower, best.Cost), best.Cost) };
            if (best is not null && (best.Bounds.IsExact || round >= MostRounds)) return best;
            var plan = TransportProblem.Solve(list.Arcs, masses.Supply, masses.Demand, prices, cancellation);
            if (plan.IsComplete) (best, prices) = (Cheaper(best, plan, masses, lower), plan.Potentials);
            if (!plan.IsComplete || round > 0) length = Math.Min(2 * length, pairs.Count);
        }
    }

    private static EqualWeightPlan Cheaper(EqualWeightPlan? best, TransportPlan plan, EqualMasses masses, double lower)
    {
        var cost = plan.TotalCost() / masses.Total;
        return best is not null && best.Cost <= cost ? best : new EqualWeightPlan(plan, masses, new TransportBounds(Math.Min(lower, cost), cost));
    }
}

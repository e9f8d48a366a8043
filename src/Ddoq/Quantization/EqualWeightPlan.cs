namespace Ddoq.Quantization;

/// <summary>Samples distributed over K centroids of equal mass: the plan, and how good it is proven to be.</summary>
/// <param name="Plan">Shares of the samples.</param>
/// <param name="Masses">What samples supply and centroids demand.</param>
/// <param name="Bounds">Cost per unit of mass; the upper bound is what this plan costs.</param>
internal sealed record EqualWeightPlan(TransportPlan Plan, EqualMasses Masses, TransportBounds Bounds)
{
    /// <summary>Cost of the plan per unit of mass.</summary>
    public double Cost => Bounds.Upper;

    /// <summary>Mean of the mass that each centroid receives, K x D.</summary>
    public double[] Means(Samples samples)
    {
        var (means, x) = (new double[Masses.Demand.Length * samples.Dimension], new double[samples.Dimension]);
        for (var i = 0; i < samples.Count; i++)
        {
            if (Masses.Supply[i] == 0) continue;
            samples.Read(i, 0, x);
            foreach (var arc in Shares(i)) Add(x, Plan.Flow[arc] / Masses.Demand[0], means.AsSpan(Plan.Arcs.Sink(arc) * x.Length, x.Length));
        }
        return means;
    }

    /// <summary>Samples of each centroid, K, where every sample counts for the centroid that takes its largest share, the first one at a tie.</summary>
    public int[] Counts()
    {
        var counts = new int[Masses.Demand.Length];
        for (var i = 0; i < Plan.Arcs.Sources; i++) counts[Largest(i)]++;
        return counts;
    }

    /// <summary>Mean squared distance of the mass that each centroid receives, K; their mean is <see cref="Cost"/>.</summary>
    public double[] LocalCosts()
    {
        var local = new double[Masses.Demand.Length];
        for (var a = 0; a < Plan.Flow.Length; a++)
            if (Plan.Flow[a] > 0) local[Plan.Arcs.Sink(a)] += Plan.Flow[a] * Plan.Arcs.Cost(a) / Masses.Demand[0];
        return local;
    }

    /// <summary>The sample nearest to each centroid among those of which it receives a share, K.</summary>
    public long[] NearestSamples()
    {
        var arcs = new int[Masses.Demand.Length];
        Array.Fill(arcs, -1);
        for (var a = 0; a < Plan.Flow.Length; a++)
        {
            ref var nearest = ref arcs[Plan.Arcs.Sink(a)];
            if (Plan.Flow[a] > 0 && (nearest < 0 || Plan.Arcs.Cost(a) < Plan.Arcs.Cost(nearest))) nearest = a;
        }
        return Array.ConvertAll(arcs, a => (long)Plan.Arcs.Source(a));
    }

    private IEnumerable<int> Shares(int sample)
    {
        var start = sample * Plan.Arcs.PerSource;
        for (var a = start; a < start + Plan.Arcs.PerSource; a++)
            if (Plan.Flow[a] > 0) yield return a;
    }

    // A sample without mass has no share; it counts for the centroid that would cost it least.
    private int Largest(int sample)
    {
        var (best, start) = (-1, sample * Plan.Arcs.PerSource);
        for (var a = start; a < start + Plan.Arcs.PerSource; a++)
            if (best < 0 || IsBefore(a, best)) best = a;
        return Plan.Arcs.Sink(best);
    }

    private bool IsBefore(int arc, int other)
    {
        var (flow, before) = (Plan.Flow[arc], Plan.Flow[other]);
        if (flow != before) return flow > before;
        return flow > 0 ? Plan.Arcs.Sink(arc) < Plan.Arcs.Sink(other) : Plan.Arcs.Cost(arc) < Plan.Arcs.Cost(other);
    }

    private static void Add(double[] x, double weight, Span<double> mean)
    {
        for (var j = 0; j < x.Length; j++) mean[j] += weight * x[j];
    }
}

namespace Ddoq.Quantization;

/// <summary>A solved transportation problem.</summary>
/// <param name="Arcs">The arcs that were allowed.</param>
/// <param name="Flow">Mass on each arc.</param>
/// <param name="Potentials">
/// Price v of each sink, K. A source with mass on an arc to j has c_ij - v_j = min over its arcs, which proves that the plan is optimal among these arcs (up to rounding).
/// </param>
/// <param name="IsComplete">Whether every demand is met; false only where the arcs do not allow it.</param>
internal sealed record TransportPlan(TransportArcs Arcs, double[] Flow, double[] Potentials, bool IsComplete)
{
    /// <summary>Sum of flow times cost.</summary>
    public double TotalCost()
    {
        var total = 0.0;
        for (var a = 0; a < Flow.Length; a++)
            if (Flow[a] > 0) total += Flow[a] * Arcs.Cost(a);
        return total;
    }
}

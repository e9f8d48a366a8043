using System.Numerics;

namespace Ddoq.Quantization;

/// <summary>What samples supply and centroids of equal mass demand. Whole numbers where the samples have equal mass, the smallest ones, so that sums stay exact and no sample is split without need.</summary>
/// <param name="Supply">N masses.</param>
/// <param name="Demand">K equal masses with the same sum.</param>
internal sealed record EqualMasses(double[] Supply, double[] Demand)
{
    public static EqualMasses Of(Samples samples, int count)
    {
        var supply = new double[samples.Count];
        var demand = new double[count];
        var common = (double)BigInteger.GreatestCommonDivisor(samples.Count, count);
        for (var i = 0; i < supply.Length; i++) supply[i] = samples.Weights.IsEmpty ? count / common : samples.WeightOf(i);
        Array.Fill(demand, samples.Weights.IsEmpty ? samples.Count / common : supply.Sum() / count);
        return new EqualMasses(supply, demand);
    }

    public double Total { get; } = Supply.Sum();
}

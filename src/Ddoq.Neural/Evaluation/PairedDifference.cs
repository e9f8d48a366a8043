using Ddoq.Foundations;

namespace Ddoq.Neural.Evaluation;

/// <summary>What one method gains over another on the same seeds.</summary>
/// <param name="Mean">Mean of the differences.</param>
/// <param name="Ci95">Half width of the 95 % interval of that mean, Student's t; NaN for one pair, which has none.</param>
/// <param name="Pairs">Seeds that both have.</param>
public readonly record struct PairedDifference(double Mean, double Ci95, int Pairs)
{
    /// <summary>Whether the interval leaves zero out.</summary>
    public bool IsClear => Math.Abs(Mean) > Ci95;

    /// <summary>Differences method - other over the seeds that both have.</summary>
    /// <param name="method">Accuracy by seed.</param>
    /// <param name="other">Accuracy by seed.</param>
    /// <exception cref="UsageException">No seed in common.</exception>
    public static PairedDifference Of(IReadOnlyDictionary<int, double> method, IReadOnlyDictionary<int, double> other)
    {
        double[] differences = [.. method.Keys.Where(other.ContainsKey).Order().Select(seed => method[seed] - other[seed])];
        if (differences.Length == 0) throw new UsageException("the two methods have no seed in common, so there is no paired difference. Train both with the same --seeds.");
        var spread = Spread.Of(differences);
        return new PairedDifference(spread.Mean, differences.Length == 1 ? double.NaN : spread.Ci95, differences.Length);
    }
}

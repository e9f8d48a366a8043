namespace Ddoq.Neural.Evaluation;

/// <summary>One trained student. Accuracies are fractions in [0, 1].</summary>
/// <param name="Seed">Index of the student, 0-based: its weights, its order and its views follow from it.</param>
/// <param name="Last">After the last epoch.</param>
/// <param name="Best">Highest of all evaluations; chosen on the test set, so it flatters.</param>
/// <param name="BestEpoch">Epochs done at that evaluation.</param>
/// <param name="Seconds">Wall clock of training and scoring.</param>
/// <param name="PeakBytes">Largest resident memory of the process meanwhile.</param>
public sealed record StudentScore(int Seed, double Last, double Best, int BestEpoch, double Seconds, long PeakBytes = 0);

/// <summary>Mean and spread over seeds.</summary>
/// <param name="Mean">Mean.</param>
/// <param name="Std">Sample standard deviation; 0 for one seed.</param>
/// <param name="Ci95">Half width of the 95 % interval of the mean, Student's t; 0 for one seed.</param>
public readonly record struct Spread(double Mean, double Std, double Ci95)
{
    // Two-sided 95 % quantiles of Student's t for 1..30 degrees of freedom (standard tables), 1.96 beyond.
    private static readonly double[] Quantiles =
    [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
        2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ];

    /// <summary>Over at least one value.</summary>
    public static Spread Of(IReadOnlyList<double> values)
    {
        ArgumentOutOfRangeException.ThrowIfZero(values.Count, nameof(values));
        var mean = values.Average();
        if (values.Count == 1) return new Spread(mean, 0, 0);
        var freedom = values.Count - 1;
        var std = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / freedom);
        var quantile = freedom <= Quantiles.Length ? Quantiles[freedom - 1] : 1.96;
        return new Spread(mean, std, quantile * std / Math.Sqrt(values.Count));
    }
}

/// <summary>All students of one set under one protocol.</summary>
/// <param name="Student">Network, for instance "ConvNet-3 w128".</param>
/// <param name="Protocol">Recipe.</param>
/// <param name="Students">One per seed.</param>
public sealed record EvaluationReport(string Student, StudentProtocol Protocol, IReadOnlyList<StudentScore> Students)
{
    /// <summary>Accuracy after the last epoch, over seeds.</summary>
    public Spread Last => Spread.Of([.. Students.Select(s => s.Last)]);

    /// <summary>Best accuracy seen, over seeds.</summary>
    public Spread Best => Spread.Of([.. Students.Select(s => s.Best)]);

    /// <summary>Wall clock of all students.</summary>
    public double Seconds => Students.Sum(s => s.Seconds);
}

namespace Ddoq.Neural.Evaluation;

/// <summary>
/// The scores of DD-Ranking (arXiv 2505.13300), of accuracies that are fractions in [0, 1]. They take the labels and the augmentation out of a comparison: what is left is the images' own merit.
/// </summary>
public static class RankingScores
{
    private const double Half = 0.5;

    /// <summary>Hard label recovery: what hard labels on the distilled images lose against all real images; lower is better.</summary>
    /// <param name="real">Accuracy of the whole data set under hard labels.</param>
    /// <param name="distilled">Accuracy of the distilled images under hard labels.</param>
    public static double Hlr(double real, double distilled) => Fraction(real) - Fraction(distilled);

    /// <summary>Improvement over random: the set under its own labels and recipe against as many random real images under the same; higher is better.</summary>
    /// <param name="distilled">Accuracy of the set.</param>
    /// <param name="random">Accuracy of random images.</param>
    public static double Ior(double distilled, double random) => Fraction(distilled) - Fraction(random);

    /// <summary>Label-robust score: <paramref name="weight"/> IOR - (1 - weight) HLR, brought to [0, 1].</summary>
    /// <param name="ior">Improvement over random.</param>
    /// <param name="hlr">Hard label recovery.</param>
    /// <param name="weight">Between the two, in [0, 1].</param>
    public static double Lrs(double ior, double hlr, double weight = Half) => Scaled(weight * ior - (1 - weight) * hlr);

    /// <summary>Augmentation-robust score: <paramref name="weight"/> of the gain over random with augmentation and the rest of the gain without, brought to [0, 1].</summary>
    /// <param name="augmentedGain">Distilled - random, both trained with augmentation.</param>
    /// <param name="plainGain">Distilled - random, both without.</param>
    /// <param name="weight">Between the two, in [0, 1].</param>
    public static double Ars(double augmentedGain, double plainGain, double weight = Half) => Scaled(weight * augmentedGain + (1 - weight) * plainGain);

    // From [-1, 1] to [0, 1], steeper at the top.
    private static double Scaled(double a) => (Math.Exp(a) - Math.Exp(-1)) / (Math.E - Math.Exp(-1));

    // Percent here would give scores that mean nothing, as they did in the published package.
    private static double Fraction(double accuracy) => accuracy is >= 0 and <= 1
        ? accuracy : throw new ArgumentOutOfRangeException(nameof(accuracy), accuracy, "an accuracy is a fraction in [0, 1]");
}

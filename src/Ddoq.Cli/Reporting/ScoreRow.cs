using System.Text.Json.Serialization;
using Ddoq.Neural.Evaluation;

namespace Ddoq.Cli.Reporting;

/// <summary>What one method's images are worth: test accuracy of students trained on them.</summary>
/// <param name="Method">Short name, for instance "ddoq".</param>
/// <param name="Description">What the images are, in a few words.</param>
/// <param name="Labels">Kind of the labels, for instance "hard" or "soft"; rows of one kind are compared with one another.</param>
/// <param name="Last">Accuracy at the last epoch.</param>
/// <param name="Best">Accuracy at the best epoch on the test set: what most papers report, and optimistic.</param>
/// <param name="IsReference">True for random real images, which every other row is measured against.</param>
internal sealed record ScoreRow(string Method, string Description, string Labels, SeedScores Last, SeedScores Best, bool IsReference = false);

/// <summary>Accuracies in [0, 1], one per seed.</summary>
internal sealed record SeedScores(IReadOnlyList<double> Values)
{
    [JsonIgnore]
    public double Mean => Spread.Of(Values).Mean;

    /// <summary>Sample standard deviation (n - 1); 0 for one seed.</summary>
    [JsonIgnore]
    public double StandardDeviation => Spread.Of(Values).Std;

    [JsonIgnore]
    public double Minimum => Values.Min();

    [JsonIgnore]
    public double Maximum => Values.Max();
}

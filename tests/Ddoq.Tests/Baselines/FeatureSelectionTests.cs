using Ddoq.Baselines;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Baselines;

/// <summary>On a line, where each choice can be made by hand.</summary>
public sealed class FeatureSelectionTests
{
    private static readonly SampleMatrix Line = new(new float[] { 0, 1, 2, 3, 14 }, 1); // mean 4

    // First 3, nearest to 4; then the one nearest to 2 * 4 - 3 = 5, which is 2; then nearest to 12 - 5 = 7: 1 at distance 6, 14 at distance 7.
    [Fact]
    public void Herding_OnALine_FollowsTheMean() => Assert.Equal([3, 2, 1, 4, 0], FeatureSelection.Herding(Line, 5));

    // First 3; farthest from it 14; then 0, at distance 3; then 1 and 2 are at distance 1 both: the lower row.
    [Fact]
    public void KCenter_OnALine_CoversIt() => Assert.Equal([3, 4, 0, 1], FeatureSelection.KCenter(Line, 4));

    [Fact]
    public void Herding_MoreThanThereAre_IsRefused() => Assert.Contains("5 images", Assert.Throws<BadInputException>(() => FeatureSelection.Herding(Line, 6)).Message, StringComparison.Ordinal);

    // The mean of the chosen comes near the mean of all faster than that of random ones.
    [Fact]
    public void Herding_Normal_MeanIsCloserThanOfTheFirstRows()
    {
        var draw = new SeedSequence(1).Stream("herding");
        var values = Enumerable.Range(0, 400 * 8).Select(_ => (float)draw.NextGaussian()).ToArray();
        var samples = new SampleMatrix(values, 8);
        double Distance(IEnumerable<int> rows)
        {
            var chosen = rows.ToArray();
            return Enumerable.Range(0, 8).Sum(d => Math.Pow(chosen.Average(r => samples.Row(r)[d]) - Enumerable.Range(0, 400).Average(r => samples.Row(r)[d]), 2));
        }
        Assert.True(Distance(FeatureSelection.Herding(samples, 20)) < 0.02 * Distance(Enumerable.Range(0, 20)));
    }
}

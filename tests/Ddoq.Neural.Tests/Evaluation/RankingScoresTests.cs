using Ddoq.Foundations;
using Ddoq.Neural.Evaluation;

namespace Ddoq.Neural.Tests.Evaluation;

/// <summary>By hand, and against the values recomputed from DD-Ranking's leaderboard (CIFAR-10, 10 images per class).</summary>
public sealed class RankingScoresTests
{
    [Theory]
    [InlineData(0.2684, 0.3505, 0.287)] // DATM
    [InlineData(0.2373, 0.3090, 0.285)] // MTT
    [InlineData(0.3514, 0.1962, 0.237)] // DSA
    [InlineData(0.3670, 0.1854, 0.232)] // DC
    [InlineData(0.3937, 0.1612, 0.222)] // DM
    [InlineData(0.3988, 0.0912, 0.208)] // D4M
    [InlineData(0.5065, 0.0111, 0.176)] // RDED
    [InlineData(0.6782, -0.0577, 0.138)] // SRe2L
    public void Lrs_Leaderboard_GivesTheKnownScores(double hlr, double ior, double expected) => Assert.Equal(expected, RankingScores.Lrs(ior, hlr), 0.0006);

    [Fact]
    public void AllScores_ByHand_AreOfFractions()
    {
        Assert.Equal(0.35, RankingScores.Hlr(real: 0.85, distilled: 0.5), 12);
        Assert.Equal(-0.05, RankingScores.Ior(distilled: 0.7, random: 0.75), 12);
        Assert.Equal(0.26894142137, RankingScores.Lrs(0, 0), 1e-10); // 1 / (e + 1)
        Assert.Equal((1, 0), (RankingScores.Lrs(1, -1), RankingScores.Lrs(-1, 1)));
        // (e^0.15 - 1/e) / (e - 1/e) with 0.5 * 0.2 + 0.5 * 0.1
        Assert.Equal((Math.Exp(0.15) - Math.Exp(-1)) / (Math.E - Math.Exp(-1)), RankingScores.Ars(augmentedGain: 0.2, plainGain: 0.1), 12);
        Assert.Equal(RankingScores.Lrs(0.2, 0), RankingScores.Ars(0.2, 0), 12);
        Assert.Throws<ArgumentOutOfRangeException>(() => RankingScores.Hlr(85, 50)); // percent
    }

    [Fact]
    public void PairedDifference_ByHand_TakesSeedsInPairs()
    {
        // Differences 1, 2, 3: mean 2, standard deviation 1, t of two degrees of freedom 4.303.
        var paired = PairedDifference.Of(new Dictionary<int, double> { [0] = 11, [1] = 22, [2] = 33, [7] = 0 }, new Dictionary<int, double> { [2] = 30, [1] = 20, [0] = 10 });
        Assert.Equal((2.0, 3), (paired.Mean, paired.Pairs));
        Assert.Equal(4.303 / Math.Sqrt(3), paired.Ci95, 1e-9);
        Assert.False(paired.IsClear);
        Assert.True(PairedDifference.Of(new Dictionary<int, double> { [0] = 2, [1] = 2.1 }, new Dictionary<int, double> { [0] = 1, [1] = 1.1 }).IsClear);
        var one = PairedDifference.Of(new Dictionary<int, double> { [0] = 2 }, new Dictionary<int, double> { [0] = 1 });
        Assert.True(double.IsNaN(one.Ci95) && !one.IsClear);
        Assert.Throws<UsageException>(() => PairedDifference.Of(new Dictionary<int, double> { [0] = 2 }, new Dictionary<int, double> { [1] = 1 }));
    }
}

using Ddoq.Augmentations;
using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Tests.Augmentations;

public sealed class AugmentationTests
{
    private static readonly ImageShape Shape = new(1, 28, 28);
    private static readonly float[][] Identity = [[.. Enumerable.Range(0, 256).Select(i => (float)i)]];

    [Theory]
    [InlineData("shift=2,flip=1")]
    [InlineData("shift=0,flip=1,area=0.08,mix=cutmix,p=1,alpha=1")]
    [InlineData("shift=0,flip=0,area=0.5,patches=2,mix=mixup,p=0.25,alpha=0.8")]
    public void Parse_EveryForm_IsReadBack(string text) => Assert.Equal(text, Augmentation.Parse(text).ToString());

    [Theory]
    [InlineData("crop+flip")]
    [InlineData("shift=2")]
    [InlineData("shift=65,flip=1")]
    [InlineData("shift=2,flip=1,zoom=3")]
    [InlineData("shift=2,flip=1,mix=blend,p=1,alpha=1")]
    public void Parse_AnotherForm_IsRefused(string text) => Assert.Contains(text, Assert.Throws<BadInputException>(() => Augmentation.Parse(text)).Message, StringComparison.Ordinal);

    // Area uniform, aspect within [3/4, 4/3] but for rounding.
    [Fact]
    public void Record_RandomCrops_HaveTheWantedAreas()
    {
        var augmentation = Augmentation.None with { LeastArea = 0.2 };
        var boxes = Enumerable.Range(0, 4000).Select(i => augmentation.Record(3, 0, i, Shape).Crop!.Value).ToArray();
        Assert.All(boxes, b => Assert.True(b.Top >= 0 && b.Left >= 0 && b.Top + b.Height <= 28 && b.Left + b.Width <= 28));
        Assert.All(boxes, b => Assert.InRange(b.Height / (double)b.Width, 0.68, 1.48));
        var areas = boxes.Select(b => b.Height * b.Width / 784.0).ToArray();
        Assert.InRange(areas.Min(), 0.17, 0.24);
        Assert.InRange(areas.Average(), 0.55, 0.61); // a little below 0.6: wide boxes of nearly the whole area do not fit
    }

    [Fact]
    public void Apply_PatchOrder_MovesWholePatches()
    {
        var image = Enumerable.Range(0, 16).Select(i => (byte)i).ToArray();
        var view = new float[16];
        new AugmentationRecord(0, 0, false, null, [3, 1, 2, 0]).Apply(image, new ImageShape(1, 4, 4), Identity, view);
        Assert.Equal([10, 11, 2, 3, 14, 15, 6, 7, 8, 9, 0, 1, 12, 13, 4, 5], view);
    }

    [Fact]
    public void MixtureOf_CutMix_SharesAreUniformAndTheBoxIsTheRest()
    {
        var augmentation = Augmentation.None with { Mix = MixKind.CutMix, MixProbability = 0.5 };
        var mixtures = Enumerable.Range(0, 4000).Select(i => augmentation.MixtureOf(5, 2, i, 100, Shape)).ToArray();
        Assert.InRange(mixtures.Count(m => m is null), 1850, 2150);
        var cut = mixtures.OfType<Mixture>().ToArray();
        Assert.All(cut, m => Assert.InRange(m.Partner, 0, 99));
        // A box of area v, uniform, centred anywhere and cut off at the edges covers E (sqrt v - v/4)^2 = 1/2 - 1/5 + 1/48; whole pixels take a little off.
        Assert.InRange(1 - cut.Average(m => m.Share), 0.27, 0.321);
        foreach (var mixture in cut)
        {
            var shares = new float[784];
            mixture.FillShares(shares, 28);
            Assert.Equal(mixture.Share, shares.Average(s => (double)s), 9);
        }
        Assert.Equal(mixtures[7], augmentation.MixtureOf(5, 2, 7, 100, Shape)); // from (seed, epoch, index) alone
    }

    // Beta(a, a) has mean 1/2 and variance 1 / (4 (2a + 1)).
    [Theory]
    [InlineData(1)]
    [InlineData(0.8)]
    [InlineData(0.3)]
    public void MixtureOf_MixUp_SharesFollowBeta(double alpha)
    {
        var augmentation = Augmentation.None with { Mix = MixKind.MixUp, MixAlpha = alpha };
        var shares = Enumerable.Range(0, 20_000).Select(i => augmentation.MixtureOf(5, 0, i, 10, Shape)!.Value.Share).ToArray();
        var mean = shares.Average();
        Assert.Equal(0.5, mean, 0.012);
        Assert.Equal(1 / (4 * (2 * alpha + 1)), shares.Average(s => (s - mean) * (s - mean)), 0.004);
    }
}

using Ddoq.Distilled;

namespace Ddoq.Tests.Distilled;

public sealed class SoftLabelsTests
{
    [Fact]
    public void View_EachImageAndView_GivesItsOwnLogits()
    {
        var labels = SampleSets.Logits(images: 3, views: 2, classes: 4);
        for (var n = 0; n < 3; n++)
            for (var v = 0; v < 2; v++)
                Assert.True(labels.View(n, v).SequenceEqual(labels.Logits.Slice(n * 8 + v * 4, 4)));
        Assert.Throws<ArgumentOutOfRangeException>(() => labels.View(3, 0).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => labels.View(0, 2).Length);
    }

    [Fact]
    public void Round_ValueBeyondHalfPrecision_RefusesInsteadOfInfinity()
    {
        Assert.Equal([(Half)65504f], SoftLabels.Round([65504f]));
        Assert.Throws<ArgumentException>(() => SoftLabels.Round([70000f]));
        Assert.Throws<ArgumentException>(() => SoftLabels.Round([float.NaN]));
    }

    [Fact]
    public void Constructor_NotFiniteOrWrongLength_Refuses()
    {
        var error = Assert.Throws<ArgumentException>(() => Create([Half.One, Half.One, Half.One, Half.NaN], 2, 1, 2));
        Assert.Contains("logit 1 of view 0 of image 1", error.Message);
        Assert.Throws<ArgumentException>(() => Create(new Half[3], 2, 1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Create([], 0, 1, 2));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(-1f)]
    [InlineData(float.NaN)]
    public void Temperature_NotAboveZero_Refuses(float temperature) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SampleSets.Logits(1, 1, 2, temperature));

    private static SoftLabels Create(Half[] logits, int n, int v, int l) => new(logits, n, v, l) { TeacherName = "t", TeacherHash = "h" };
}

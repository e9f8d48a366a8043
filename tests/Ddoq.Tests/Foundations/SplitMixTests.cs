using Ddoq.Foundations;

namespace Ddoq.Tests.Foundations;

public sealed class SplitMixTests
{
    // The generator's published first outputs for the seed 1234567 (Vigna's reference program).
    [Fact]
    public void NextUInt64_PublishedSeed_GivesThePublishedNumbers()
    {
        var random = new SplitMix(1234567);
        Assert.Equal([6457827717110365317UL, 3203168211198807973UL, 9817491932198370423UL], Enumerable.Range(0, 3).Select(_ => random.NextUInt64()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Skip_AnyNumber_EqualsSoManyDraws(int draws)
    {
        var (drawn, skipped) = (new SplitMix(3), new SplitMix(3));
        for (var i = 0; i < draws; i++) drawn.NextDouble();
        skipped.Skip(draws);
        Assert.Equal(drawn.NextUInt64(), skipped.NextUInt64());
    }
}

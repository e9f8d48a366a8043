using Ddoq.Cli.Reporting;

namespace Ddoq.Cli.Tests.Reporting;

public sealed class FiguresTests
{
    [Theory]
    [InlineData(0.73456, "73.5")]
    [InlineData(1, "100.0")]
    [InlineData(0, "0.0")]
    public void Percent_Fraction_HasOneDecimal(double fraction, string expected) => Assert.Equal(expected, Figures.Percent(fraction));

    [Theory]
    [InlineData(0.0123, "+1.2")]
    [InlineData(-0.0123, "\u22121.2")]
    [InlineData(0.0001, "0.0")]
    [InlineData(-0.0001, "0.0")]
    public void Points_Difference_CarriesItsSign(double difference, string expected) => Assert.Equal(expected, Figures.Points(difference));

    [Theory]
    [InlineData(38.2512, "38.25")]
    [InlineData(0.012345, "0.01235")]
    [InlineData(1234.56, "1235")]
    [InlineData(0, "0")]
    [InlineData(-2.5, "\u22122.500")]
    [InlineData(1.2345e7, "1.235e7")]
    [InlineData(1.5e-9, "1.500e\u22129")]
    public void Significant_AnyMagnitude_HasFourDigits(double value, string expected) => Assert.Equal(expected, Figures.Significant(value));

    [Theory]
    [InlineData(0.424, "0.42 s")]
    [InlineData(12.34, "12.3 s")]
    [InlineData(99.96, "1 min 40 s")]
    [InlineData(185, "3 min 05 s")]
    public void Seconds_Duration_ReadsNaturally(double seconds, string expected) => Assert.Equal(expected, Figures.Seconds(seconds));

    [Theory]
    [InlineData(0.72, 0.75)]
    [InlineData(0.8731, 0.8731)]
    [InlineData(0, 1)]
    [InlineData(0.999, 1)]
    public void Around_AnyValues_CoversThemWithAFewRoundTicks(double low, double high)
    {
        var axis = PlotAxis.Around([low, high]);
        Assert.True(axis.From <= low && axis.To >= high && axis.From >= 0 && axis.To <= 1 && axis.From < axis.To);
        var ticks = axis.Ticks().ToList();
        Assert.InRange(ticks.Count, 3, 11);
        Assert.All(ticks, t => Assert.InRange(t, axis.From - 1e-9, axis.To + 1e-9));
        Assert.Equal(ticks.Count, ticks.Select(axis.Label).Distinct().Count());
    }
}

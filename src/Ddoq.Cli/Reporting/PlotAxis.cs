using System.Globalization;

namespace Ddoq.Cli.Reporting;

/// <summary>A stretch of an axis of accuracies, or of their differences, with round ticks, wide enough for all values.</summary>
internal readonly record struct PlotAxis(double From, double To, double Step)
{
    /// <summary>About six ticks at steps of 1, 2 or 5 times a power of ten, never beyond <paramref name="least"/> and 1: accuracies lie in [0, 1], their differences in [-1, 1].</summary>
    public static PlotAxis Around(IEnumerable<double> values, double least = 0)
    {
        var list = values.ToList();
        var (low, high) = (list.Min(), list.Max());
        var margin = Math.Max(0.004, 0.06 * (high - low));
        var step = RoundStep((high - low + 2 * margin) / 5);
        var from = Math.Floor((low - margin) / step) * step;
        var to = Math.Ceiling((high + margin) / step) * step;
        return new PlotAxis(Math.Max(least, from), Math.Min(1, to), step);
    }

    public IEnumerable<double> Ticks()
    {
        var first = (int)Math.Ceiling(From / Step - 1e-9);
        for (var i = first; i * Step <= To + 1e-9; i++) yield return i * Step;
    }

    public string Label(double tick) => (100 * tick).ToString(Step < 0.00999 ? "0.0" : "0", CultureInfo.InvariantCulture) + " %";

    private static double RoundStep(double raw)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        return power * (raw / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
    }
}

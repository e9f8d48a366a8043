using System.Globalization;

namespace Ddoq.Cli.Reporting;

/// <summary>Numbers as the report prints them: percentages of accuracy, true minus signs, sizes that people read.</summary>
internal static class Figures
{
    /// <summary>A fraction as a percentage without its sign: 0.8734 is "87.3".</summary>
    public static string Percent(double fraction) => Signed((100 * fraction).ToString("0.0", CultureInfo.InvariantCulture));

    /// <summary>A difference of fractions in points, always with a sign: "+1.2", "−0.3".</summary>
    public static string Points(double difference) => Signed((100 * difference).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture));

    /// <summary>Four significant digits.</summary>
    public static string Significant(double value) => Signed(value switch
    {
        0 => "0",
        _ when Math.Abs(value) is >= 1e-3 and < 1e5 => value.ToString($"F{Math.Clamp(3 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 6)}", CultureInfo.InvariantCulture),
        _ => value.ToString("0.000e0", CultureInfo.InvariantCulture),
    });

    /// <summary>Seconds: "0.42 s", "12.3 s", "3 min 05 s".</summary>
    public static string Seconds(double seconds) => seconds switch
    {
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.00} s"),
        < 99.95 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)Math.Round(seconds) / 60} min {(long)Math.Round(seconds) % 60:00} s"),
    };

    public static string Counted(long count, string one, string many) => string.Create(CultureInfo.InvariantCulture, $"{count:#,0} {(count == 1 ? one : many)}");

    private static string Signed(string number) => number.Replace('-', '\u2212');
}

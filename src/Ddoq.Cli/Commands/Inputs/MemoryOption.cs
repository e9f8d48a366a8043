using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary><c>--memory</c>: how much the samples may take at once.</summary>
internal static class MemoryOption
{
    private static readonly (string Suffix, long Bytes)[] Units = [("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10), ("", 1)];

    /// <summary>Bytes; 0 where the option is not given.</summary>
    public static Option<long> Create() => new("--memory")
    {
        HelpName = "SIZE",
        Description = "samples in memory at once, such as 4GiB, 500MiB or a number of bytes; without it half of what is available",
        CustomParser = Parse,
    };

    private static long Parse(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (TryParse(text, out var bytes)) return bytes;
        result.AddError($"--memory takes a size such as 4GiB, 1.5GiB, 500MiB or a number of bytes, from 1 byte up, not '{text}'.");
        return 0;
    }

    /// <summary>Reads a size; the unit may be left out for bytes.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        var (suffix, unit) = Units.First(u => text.EndsWith(u.Suffix, StringComparison.OrdinalIgnoreCase));
        var isNumber = decimal.TryParse(text[..^suffix.Length].TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number);
        var permitted = isNumber && number * unit >= 1 && number <= long.MaxValue / unit;
        bytes = permitted ? (long)(number * unit) : 0;
        return permitted;
    }
}

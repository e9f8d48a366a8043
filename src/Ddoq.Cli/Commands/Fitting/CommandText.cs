using System.Globalization;
using Ddoq.Cli.CommandLine;

namespace Ddoq.Cli.Commands.Fitting;

/// <summary>A command line as one would type it, with every option that decides the result.</summary>
internal static class CommandText
{
    public static string Of(CommandContext context, string verb, string data, string output, params IEnumerable<string> options) => string.Join(' ',
    [
        "ddoq", verb, Quoted(data), .. options,
        string.Create(CultureInfo.InvariantCulture, $"--seed {context.Seed.Root}"),
        $"--out {Quoted(Path.GetFileName(output))}",
    ]);

    /// <summary>A word that a shell reads as it is.</summary>
    public static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "_-./:,=+@".Contains(c, StringComparison.Ordinal)) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

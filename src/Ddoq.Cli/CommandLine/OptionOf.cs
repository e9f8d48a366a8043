using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Ddoq.Cli.CommandLine;

/// <summary>Options whose values are checked while parsing, with messages that name the option, its value and the permitted range.</summary>
internal static class OptionOf
{
    public static Option<bool> Flag(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description };

    public static Option<string> Text(string name, string valueName, string description, string? byDefault = null) =>
        Filled(new Option<string>(name) { HelpName = valueName, Description = description }, byDefault);

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>; required where there is no default.</summary>
    public static Option<int> Whole(string name, string valueName, string description, int least, int most, int? byDefault = null) =>
        Filled(new Option<int>(name)
        {
            HelpName = valueName,
            Description = description,
            Required = byDefault is null,
            CustomParser = result => int.TryParse(Only(result), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
                ? value
                : Refuse<int>(result, name, $"a whole number from {least} to {most}"),
        }, byDefault);

    /// <summary>Whole numbers with commas between them, in any order; they come sorted, each once.</summary>
    public static Option<int[]> WholeList(string name, string description, int least, int most, bool required = false) => new(name)
    {
        HelpName = "N,...",
        Description = description,
        Required = required,
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result => Wholes(Only(result), least, most) ?? Refuse<int[]>(result, name, $"whole numbers from {least} to {most} with commas between them"),
    };

    /// <summary>A finite number from <paramref name="least"/> to <paramref name="most"/>; required where there is no default.</summary>
    public static Option<double> Real(string name, string valueName, string description, double least, double most, double? byDefault = null) =>
        Filled(new Option<double>(name)
        {
            HelpName = valueName,
            Description = description,
            Required = byDefault is null,
            CustomParser = result => double.TryParse(Only(result), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
                ? value
                : Refuse<double>(result, name, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}")),
        }, byDefault);

    /// <summary>One of a few words.</summary>
    public static Option<string> Choice(string name, string description, string byDefault, params string[] choices) =>
        Filled(new Option<string>(name)
        {
            HelpName = string.Join('|', choices),
            Description = description,
            CustomParser = result => choices.Contains(Only(result)) ? Only(result)
                : Refuse<string>(result, name, $"one of {string.Join(", ", choices)}{NameSuggestion.Hint(Only(result), choices)}"),
        }, byDefault);

    public static Option<DeviceChoice> Device() => new("--device")
    {
        HelpName = "cpu|cuda[:i]",
        Description = "where networks run",
        DefaultValueFactory = _ => DeviceChoice.Cpu,
        CustomParser = result => DeviceChoice.TryParse(Only(result), out var device) ? device
            : Refuse<DeviceChoice>(result, "--device", "cpu, cuda or cuda:i"),
    };

    public static Option<ulong> Seed() => new("--seed")
    {
        HelpName = "N",
        Description = "root of all random draws",
        DefaultValueFactory = _ => 0,
        CustomParser = result => ulong.TryParse(Only(result), NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed
            : Refuse<ulong>(result, "--seed", "a whole number from 0 to 18446744073709551615"),
    };

    private static int[]? Wholes(string text, int least, int most)
    {
        var values = new SortedSet<int>();
        foreach (var part in text.Split(','))
        {
            if (!int.TryParse(part, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var value) || value < least || value > most) return null;
            values.Add(value);
        }
        return [.. values];
    }

    private static string Only(ArgumentResult result) => result.Tokens[0].Value;

    private static T? Refuse<T>(ArgumentResult result, string name, string permitted)
    {
        result.AddError($"{name} takes {permitted}, not '{Only(result)}'.");
        return default;
    }

    private static Option<T> Filled<T>(Option<T> option, object? byDefault)
    {
        if (byDefault is T value) option.DefaultValueFactory = _ => value;
        return option;
    }
}

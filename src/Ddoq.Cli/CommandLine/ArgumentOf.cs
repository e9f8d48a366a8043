using System.CommandLine;

namespace Ddoq.Cli.CommandLine;

/// <summary>Arguments whose values are checked while parsing.</summary>
internal static class ArgumentOf
{
    /// <summary>A path or name that is not blank.</summary>
    public static Argument<string> Text(string name, string description)
    {
        var argument = new Argument<string>(name) { Description = description };
        argument.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && string.IsNullOrWhiteSpace(token.Value)) result.AddError($"{name} is blank. Give a path or a name.");
        });
        return argument;
    }
}

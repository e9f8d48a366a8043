using System.CommandLine;

namespace Ddoq.Cli.CommandLine;

/// <summary>Turns what the parser says into one sentence about the first thing that is wrong.</summary>
internal static class ParseProblem
{
    public static Failure Describe(ParseResult parsed, string program) => new(ExitCode.Usage, $"{Sentence(parsed)} See: {program} {Path(parsed)}--help");

    private static string Sentence(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens is [var token, ..]) return Unmatched(command, token);
        if (command.Subcommands.Count > 0) return $"{Name(command)} needs a verb: {string.Join(", ", command.Subcommands.Where(verb => !verb.Hidden).Select(verb => verb.Name))}.";
        return parsed.Errors[0].Message;
    }

    private static string Unmatched(Command command, string token)
    {
        if (token.StartsWith('-')) return $"unknown option '{token}'{NameSuggestion.Hint(token, Options(command))}.";
        if (command.Subcommands.Count > 0) return $"unknown verb '{token}'{NameSuggestion.Hint(token, command.Subcommands.Select(verb => verb.Name))}.";
        return $"'{command.Name}' takes no further argument, but '{token}' was given.";
    }

    private static IEnumerable<string> Options(Command command) =>
        Chain(command).SelectMany((link, depth) => link.Options.Where(option => depth == 0 || option.Recursive)).Select(option => option.Name);

    private static IEnumerable<Command> Chain(Command command)
    {
        for (Command? link = command; link is not null; link = link.Parents.OfType<Command>().FirstOrDefault()) yield return link;
    }

    private static string Name(Command command) => command is RootCommand ? "ddoq" : $"'{command.Name}'";

    private static string Path(ParseResult parsed) =>
        string.Concat(Chain(parsed.CommandResult.Command).Reverse().Skip(1).Select(command => command.Name + " "));
}

using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Ddoq.Cli.CommandLine;

/// <summary>The page of <c>--help</c>: purpose, usage, options with defaults, examples.</summary>
internal sealed class HelpPage(string program, GlobalOptions everywhere) : SynchronousCommandLineAction
{
    private const int LeastIndent = 22;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        Write(parseResult.CommandResult.Command, parseResult.InvocationConfiguration.Output);
        return ExitCode.Done;
    }

    public void Write(Command command, TextWriter writer)
    {
        writer.WriteLine($"{Title(command)}: {command.Description}");
        writer.WriteLine();
        writer.WriteLine($"Usage: {program} {Words(command)}");
        Section(writer, "Verbs", command.Subcommands.Where(verb => !verb.Hidden).Select(verb => (verb.Name, verb.Description ?? "")));
        Section(writer, "Arguments", command.Arguments.Select(argument => (argument.Name, argument.Description ?? "")));
        Section(writer, "Options", command.Options.Where(option => !option.Hidden && !option.Recursive && option is not VersionOption).Select(Row));
        Section(writer, "Options of every verb", everywhere.All.Select(Row).Concat([("-h, --help", "this page"), .. command is RootCommand ? [("--version", "the version")] : Array.Empty<(string, string)>()]));
        if (command is Verb verb) Section(writer, "Examples", verb.Examples.Select(example => ($"{program} {example}", "")));
    }

    private string Title(Command command) => command is RootCommand ? program : $"{program} {Path(command)}";

    private static string Path(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent and not RootCommand ? $"{Path(parent)} {command.Name}" : command.Name;

    private static string Words(Command command)
    {
        if (command.Subcommands.Count > 0) return command is RootCommand ? "VERB ..." : $"{Path(command)} VERB ...";
        var arguments = command.Arguments.Select(argument => argument.Arity.MinimumNumberOfValues == 0 ? $"[{argument.Name}]" : argument.Name);
        var required = command.Options.Where(option => option.Required).Select(option => $"{option.Name} {option.HelpName}");
        return string.Join(' ', [Path(command), .. arguments, .. required, "[options]"]);
    }

    private static (string, string) Row(Option option)
    {
        var names = string.Join(", ", option.Aliases.Where(alias => alias is not ("-?" or "/?" or "/h")).Append(option.Name));
        var left = option.HelpName is null ? names : $"{names} {option.HelpName}";
        return (left, $"{option.Description}{Note(option)}");
    }

    private static string Note(Option option)
    {
        if (option.Required) return " [required]";
        return option.ValueType != typeof(bool) && option.HasDefaultValue ? $" [default: {option.GetDefaultValue()}]" : "";
    }

    private static void Section(TextWriter writer, string title, IEnumerable<(string Left, string Right)> rows)
    {
        var lines = rows.ToList();
        if (lines.Count == 0) return;
        var indent = Math.Max(LeastIndent, lines.Max(row => row.Left.Length));
        writer.WriteLine();
        writer.WriteLine($"{title}:");
        foreach (var (left, right) in lines) writer.WriteLine($"  {left.PadRight(indent)}  {right}".TrimEnd());
    }
}

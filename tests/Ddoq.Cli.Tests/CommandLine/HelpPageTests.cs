using System.CommandLine;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands;

namespace Ddoq.Cli.Tests.CommandLine;

public class HelpPageTests
{
    /// <summary>Every verb, as the words that reach it.</summary>
    public static TheoryData<string> AllVerbs => [.. Leaves(Verbs.All(), "")];

    [Theory]
    [MemberData(nameof(AllVerbs))]
    public void Help_EveryVerb_PurposeOptionsAndTwoExamples(string words)
    {
        var shell = Shell.Run([.. words.Split(' '), "--help"]);
        Assert.Equal((0, ""), (shell.Code, shell.Error));
        Assert.StartsWith($"ddoq {words}: ", shell.Out, StringComparison.Ordinal);
        Assert.Contains("--seed N", shell.Out, StringComparison.Ordinal);
        Assert.Contains("[default: 0]", shell.Out, StringComparison.Ordinal);
        var examples = shell.Out[shell.Out.IndexOf("Examples:", StringComparison.Ordinal)..].Split('\n').Where(line => line.StartsWith($"  ddoq {words}", StringComparison.Ordinal));
        Assert.True(examples.Count() >= 2, shell.Out);
    }

    [Theory]
    [MemberData(nameof(AllVerbs))]
    public void Examples_EveryVerb_Parse(string words)
    {
        var application = new Application(Verbs.All(), TextWriter.Null, TextWriter.Null, TerminalTraits.None);
        var verb = (Verb)application.Root.Parse(words.Split(' ')).CommandResult.Command;
        Assert.All(verb.Examples, example =>
        {
            var parsed = application.Root.Parse(example);
            Assert.Empty(parsed.Errors);
            Assert.Equal(verb, parsed.CommandResult.Command);
        });
    }

    [Theory]
    [MemberData(nameof(AllVerbs))]
    public void Descriptions_EveryOptionAndArgument_AreThere(string words)
    {
        var verb = new Application(Verbs.All(), TextWriter.Null, TextWriter.Null, TerminalTraits.None).Root.Parse(words.Split(' ')).CommandResult.Command;
        Assert.All(verb.Options.Cast<Symbol>().Concat(verb.Arguments).Append(verb), symbol => Assert.False(string.IsNullOrWhiteSpace(symbol.Description), symbol.Name));
        Assert.False(verb.Description!.EndsWith('.'));
    }

    [Fact]
    public void Help_NoVerb_ListsAll()
    {
        var shell = Shell.Run("--help");
        Assert.All(Verbs.All().Where(verb => !verb.Hidden), verb => Assert.Contains($"\n  {verb.Name} ", shell.Out, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Leaves(IEnumerable<Command> commands, string before) =>
        commands.SelectMany(command => command is Verb ? [before + command.Name] : Leaves(command.Subcommands, $"{before}{command.Name} "));
}

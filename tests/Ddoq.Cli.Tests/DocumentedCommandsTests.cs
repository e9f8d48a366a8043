using System.CommandLine;
using System.Text.RegularExpressions;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands;

namespace Ddoq.Cli.Tests;

/// <summary>Every command line in the pages exists: its verb and all of its options, with values in range.</summary>
public sealed partial class DocumentedCommandsTests
{
    /// <summary>Complete command lines, from blocks of code.</summary>
    public static TheoryData<string, string> Blocks => [.. Pages().SelectMany(page => Lines(page).Select(line => (page, line)))];

    /// <summary>Mentions within sentences, which may leave arguments out.</summary>
    public static TheoryData<string, string> Mentions => [.. Pages().SelectMany(page => Spans(page).Select(span => (page, span)))];

    private static string Root { get; } = FindRoot();

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Block_EveryCommand_Parses(string page, string command)
    {
        var parsed = Parse(command);
        Assert.True(parsed.Errors.Count == 0, $"{page}: {command}\n{string.Join('\n', parsed.Errors.Select(error => error.Message))}");
        Assert.True(parsed.CommandResult.Command is Verb || command.Contains("--help", StringComparison.Ordinal), $"{page}: {command} names no verb");
    }

    [Theory]
    [MemberData(nameof(Mentions))]
    public void Mention_VerbAndOptions_Exist(string page, string command)
    {
        var parsed = Parse(command);
        Assert.True(parsed.UnmatchedTokens.Count == 0 && parsed.CommandResult.Command is not RootCommand, $"{page}: {command} is unknown");
    }

    [Fact]
    public void Pages_HowTo_HoldCommands() => Assert.True(Blocks.Count(row => row.Data.Item1.Contains("how-to", StringComparison.Ordinal)) >= 15);

    private static ParseResult Parse(string command) => new Application(Verbs.All(), TextWriter.Null, TextWriter.Null, TerminalTraits.None).Root.Parse(command);

    private static IEnumerable<string> Pages() => Directory.EnumerateFiles(Root, "*.md")
        .Concat(new[] { "docs", "models", "recipes", "samples" }.Select(folder => Path.Combine(Root, folder)).Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.md", SearchOption.AllDirectories)))
        .Select(path => Path.GetRelativePath(Root, path)).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Lines(string page)
    {
        var inside = false;
        foreach (var line in Text(page).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n'))
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal)) inside = !inside;
            else if (inside && Command().Match(line) is { Success: true } found) yield return WithoutRemark(found.Groups[1].Value);
        }
    }

    private static IEnumerable<string> Spans(string page) => Fenced().Replace(Text(page), "").Split('`').Where((_, i) => i % 2 == 1)
        .Select(span => Command().Match(span)).Where(found => found.Success).Select(found => found.Groups[1].Value)
        .Where(command => command.Length > 0 && !command.Contains("VERB", StringComparison.Ordinal) && command[0] != '-');

    private static string WithoutRemark(string command) => command.Split(" #")[0].TrimEnd();

    private static string Text(string page) => File.ReadAllText(Path.Combine(Root, page));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Ddoq.slnx"))) folder = folder.Parent!;
        return folder.FullName;
    }

    [GeneratedRegex(@"^\s*(?:\$ )?(?:\./)?ddoq(?= |$) ?(.*)$")]
    private static partial Regex Command();

    [GeneratedRegex(@"^\s*```.*?^\s*```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();
}

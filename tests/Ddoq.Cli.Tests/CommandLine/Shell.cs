using System.CommandLine;
using System.Text.Json;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands;

namespace Ddoq.Cli.Tests.CommandLine;

/// <summary>What one command line left: exit code and both streams.</summary>
internal sealed record Shell(int Code, string Out, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    /// <summary>Runs the real verbs inside this process.</summary>
    public static Shell Run(params string[] arguments) => Run(Verbs.All(), arguments);

    /// <summary>Runs one scripted verb inside this process.</summary>
    public static Shell Run(Func<ScriptedVerb, CommandContext, Outcome> work, params string[] arguments) => Run([new ScriptedVerb(work)], arguments);

    private static Shell Run(IEnumerable<Command> verbs, string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = new Application(verbs, output, error, TerminalTraits.None).Run(arguments);
        return new Shell(code, output.ToString(), error.ToString());
    }
}

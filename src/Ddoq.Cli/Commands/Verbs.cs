using System.CommandLine;

namespace Ddoq.Cli.Commands;

/// <summary>The verbs, in the order in which the overview shows them.</summary>
internal static class Verbs
{
    public static IEnumerable<Command> All() => [new QuickstartCommand(), new DistillCommand(), new InspectCommand(), new VerifyCommand()];
}

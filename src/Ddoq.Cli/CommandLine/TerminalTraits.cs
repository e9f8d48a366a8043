namespace Ddoq.Cli.CommandLine;

/// <summary>What the two output streams can show.</summary>
/// <param name="OutIsTerminal">stdout is a terminal.</param>
/// <param name="ErrorIsTerminal">stderr is a terminal.</param>
/// <param name="Colour">Colours are wanted: NO_COLOR is not set.</param>
/// <param name="Moves">The terminal understands cursor movements: TERM is set and not "dumb".</param>
internal readonly record struct TerminalTraits(bool OutIsTerminal, bool ErrorIsTerminal, bool Colour, bool Moves)
{
    /// <summary>Files and pipes.</summary>
    public static TerminalTraits None => default;

    public static TerminalTraits OfThisProcess() => new(
        OutIsTerminal: !Console.IsOutputRedirected,
        ErrorIsTerminal: !Console.IsErrorRedirected,
        Colour: string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
        Moves: Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb"));
}

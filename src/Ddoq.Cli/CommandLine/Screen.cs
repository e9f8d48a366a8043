using Spectre.Console;
using Spectre.Console.Rendering;

namespace Ddoq.Cli.CommandLine;

/// <summary>The two streams as people see them: results on stdout; remarks, progress and problems on stderr.</summary>
internal sealed class Screen
{
    private const int WidthOfFiles = 200; // tables in files and pipes are not folded at 80 columns
    private readonly TerminalTraits _traits;
    private readonly bool _quiet;
    private readonly bool _verbose;

    public Screen(TextWriter output, TextWriter error, TerminalTraits traits, bool quiet = false, bool verbose = false)
    {
        (_traits, _quiet, _verbose) = (traits, quiet, verbose);
        Output = Create(output, traits.OutIsTerminal, traits);
        Error = Create(error, traits.ErrorIsTerminal, traits);
    }

    public IAnsiConsole Output { get; }

    public IAnsiConsole Error { get; }

    /// <summary>Progress bars are possible: stderr is a terminal that can move its cursor.</summary>
    public bool CanDrawBars => _traits is { ErrorIsTerminal: true, Moves: true };

    /// <summary>A result, on stdout.</summary>
    public void Show(IRenderable view) => Output.Write(view);

    /// <summary>A remark; silent with --quiet.</summary>
    public void Say(string text)
    {
        if (!_quiet) Line(text);
    }

    /// <summary>A remark for --verbose alone.</summary>
    public void Detail(string text)
    {
        if (_verbose) Line(text);
    }

    /// <summary>Something that the user should know although the work goes on; --quiet does not hide it.</summary>
    public void Warn(string text) => Line($"ddoq: warning: {text}");

    /// <summary>The one message of a failed command.</summary>
    public void Fail(string text) => Line($"ddoq: {text}");

    // Straight to the writer: neither markup nor folding may change a message.
    private void Line(string text) => Error.Profile.Out.Writer.WriteLine(text);

    private static IAnsiConsole Create(TextWriter writer, bool terminal, TerminalTraits traits)
    {
        var moves = terminal && traits.Moves;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = moves ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = moves && traits.Colour ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = moves ? InteractionSupport.Yes : InteractionSupport.No,
        });
        if (!terminal) console.Profile.Width = WidthOfFiles;
        return console;
    }
}

using System.CommandLine;
using System.CommandLine.Help;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ddoq.Foundations;

namespace Ddoq.Cli.CommandLine;

/// <summary>
/// The frame around every verb: parses, runs, prints one result or one message, and gives the exit code.
/// All state is here and passed on; tests run it with their own writers.
/// </summary>
internal sealed class Application
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly GlobalOptions _options = new();
    private readonly RootCommand _root;
    private readonly HelpPage _help;
    private readonly string _program;
    private readonly TextWriter _output;
    private readonly TextWriter _error;
    private readonly TerminalTraits _traits;

    /// <param name="verbs">Verbs and groups of verbs, in the order of the help page.</param>
    /// <param name="output">stdout: results alone.</param>
    /// <param name="error">stderr: all else.</param>
    /// <param name="traits">What the streams can show.</param>
    /// <param name="program">How users call the program; it stands in help and examples.</param>
    public Application(IEnumerable<Command> verbs, TextWriter output, TextWriter error, TerminalTraits traits, string program = "ddoq")
    {
        (_output, _error, _traits, _program) = (output, error, traits, program);
        _root = new RootCommand("a large image data set becomes a few weighted images per class");
        _options.AddTo(_root);
        foreach (var verb in verbs) _root.Add(verb);
        _help = new HelpPage(program, _options);
        _root.Options.OfType<HelpOption>().Single().Action = _help;
    }

    public RootCommand Root => _root;

    /// <summary>Runs one command line.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public int Run(IReadOnlyList<string> arguments)
    {
        // File names may begin with '@': no response files.
        var parsed = _root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        var screen = new Screen(_output, _error, _traits, parsed.GetValue(_options.Quiet), parsed.GetValue(_options.Verbose));
        var json = arguments.TakeWhile(argument => argument != "--").Contains("--json");
        try
        {
            return Dispatch(parsed, arguments, screen, json);
        }
        catch (Exception e) // the one place where everything ends as one message and an exit code
        {
            if (parsed.GetValue(_options.Verbose)) screen.Fail(e.ToString());
            return Fail(Failure.From(e), screen, json);
        }
    }

    private int Dispatch(ParseResult parsed, IReadOnlyList<string> arguments, Screen screen, bool json)
    {
        if (arguments.Count == 0) return ShowOverview();
        var isHelpOfNothing = parsed.Action is HelpPage && parsed is { CommandResult.Command: not Verb, UnmatchedTokens.Count: > 0 };
        if (isHelpOfNothing || (parsed.Errors.Count > 0 && parsed.Action is not HelpPage)) return Fail(ParseProblem.Describe(parsed, _program), screen, json);
        if (parsed.Action is not null) return parsed.Invoke(new InvocationConfiguration { Output = _output, Error = _error, EnableDefaultExceptionHandler = false });
        return RunVerb((Verb)parsed.CommandResult.Command, parsed, screen, json);
    }

    private int RunVerb(Verb verb, ParseResult parsed, Screen screen, bool json)
    {
        using var interruption = new Interruption(screen.Say).Listen();
        Outcome outcome;
        using (var progress = CreateProgress(screen, parsed.GetValue(_options.Quiet)))
        {
            outcome = verb.Run(new CommandContext(parsed, _options, screen, (IProgress<StageProgress>)progress, interruption));
        }
        if (json) Print(outcome.Json);
        else screen.Show(outcome.View);
        _output.Flush();
        return outcome.ExitCode;
    }

    private IDisposable CreateProgress(Screen screen, bool quiet) =>
        quiet ? new NoProgress() : screen.CanDrawBars ? new ProgressBars(screen.Error) : new ProgressLines(_error, TimeProvider.System);

    private int ShowOverview()
    {
        _help.Write(_root, _error);
        return ExitCode.Usage;
    }

    private int Fail(Failure failure, Screen screen, bool json)
    {
        screen.Fail(failure.Message);
        try
        {
            if (json) Print(failure.ToJson());
        }
        catch (IOException e)
        {
            screen.Detail($"the JSON document could not be written: {e.Message}"); // stdout itself may be what failed
        }
        return failure.Code;
    }

    private void Print(JsonObject document)
    {
        _output.WriteLine(document.ToJsonString(Indented));
        _output.Flush();
    }
}

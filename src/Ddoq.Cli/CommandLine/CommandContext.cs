using System.CommandLine;
using Ddoq.Foundations;

namespace Ddoq.Cli.CommandLine;

/// <summary>Everything a verb gets: the parsed options, the common ones by name, where to report, and when to stop.</summary>
internal sealed class CommandContext(ParseResult parsed, GlobalOptions options, Screen screen, IProgress<StageProgress> progress, Interruption interruption)
{
    public SeedSequence Seed { get; } = new(parsed.GetValue(options.Seed));

    public int Threads { get; } = parsed.GetValue(options.Threads);

    public DeviceChoice Device { get; } = parsed.GetValue(options.Device);

    public bool Verbose { get; } = parsed.GetValue(options.Verbose);

    /// <summary>Remarks and warnings for people, on stderr.</summary>
    public Screen Screen => screen;

    /// <summary>Hand this to the libraries; it draws.</summary>
    public IProgress<StageProgress> Progress => progress;

    /// <summary>Signalled by Ctrl-C and SIGTERM. Check it once per batch.</summary>
    public CancellationToken Cancellation => interruption.Token;

    public T Value<T>(Argument<T> argument) => parsed.GetRequiredValue(argument);

    /// <summary>The given value or the default; null where the option has neither.</summary>
    public T? Value<T>(Option<T> option) => parsed.GetValue(option);

    /// <summary>Whether the option stands on the command line, as opposed to its default.</summary>
    public bool IsGiven(Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>Checks where the result goes, before any work. An interruption that has to be forced removes what is incomplete there.</summary>
    /// <exception cref="UsageException">The output exists and may neither be replaced nor continued.</exception>
    public OutputRequest Output(OutputOptions output)
    {
        var request = output.Read(parsed);
        interruption.Protect(request.Path);
        return request;
    }

    /// <summary>Names an artifact that is replaced in place, so that an interruption that has to be forced removes what is incomplete beside it.</summary>
    public void Protect(string path) => interruption.Protect(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
}

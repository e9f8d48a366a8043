using System.CommandLine;
using Ddoq.Foundations;

namespace Ddoq.Cli.CommandLine;

/// <summary><c>--out</c>, <c>--force</c> and, where a verb can continue, <c>--resume</c>. Every verb that makes something has them.</summary>
internal sealed class OutputOptions
{
    private readonly bool _resumable;

    /// <param name="what">What is made: "DIR" or "FILE".</param>
    /// <param name="resumable">Whether the verb can continue an interrupted run.</param>
    /// <param name="standard">The output's name where none is given; null asks for one.</param>
    public OutputOptions(string what = "DIR", bool resumable = false, string? standard = null)
    {
        _resumable = resumable;
        Out = OptionOf.Text("--out", what, "where the result goes; made whole or not at all");
        Out.Required = standard is null;
        if (standard is not null) Out.DefaultValueFactory = _ => standard;
    }

    public Option<string> Out { get; }

    public Option<bool> Force { get; } = OptionOf.Flag("--force", "replace an existing output");

    public Option<bool> Resume { get; } = OptionOf.Flag("--resume", "continue an existing output");

    public void AddTo(Command verb)
    {
        verb.Add(Out);
        verb.Add(Force);
        if (_resumable) verb.Add(Resume);
    }

    /// <summary>Checks the request before any work starts.</summary>
    /// <exception cref="UsageException">The output exists and neither --force nor --resume was given, or both were.</exception>
    public OutputRequest Read(ParseResult parsed)
    {
        var path = parsed.GetValue(Out)!;
        var force = parsed.GetValue(Force);
        var resume = _resumable && parsed.GetValue(Resume);
        if (path.Length == 0) throw new UsageException("--out is empty. Give a path.");
        if (force && resume) throw new UsageException("--force replaces an output and --resume continues it: give one of the two.");
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (!force && !resume && (Directory.Exists(full) || File.Exists(full))) throw new UsageException($"output '{path}' exists already. {Advice()}");
        return new OutputRequest(full, force, resume);
    }

    private string Advice() => _resumable
        ? "Choose another --out, pass --resume to continue it, or --force to replace it."
        : "Choose another --out, or pass --force to replace it.";
}

/// <summary>Where the result goes and what may happen to one that is there.</summary>
/// <param name="Path">Absolute path without a trailing separator.</param>
/// <param name="Replace">An existing output may be replaced.</param>
/// <param name="Resume">An existing output is continued.</param>
internal readonly record struct OutputRequest(string Path, bool Replace, bool Resume)
{
    /// <summary>Where the work of an interrupted run lies.</summary>
    public string Work => WorkFolder.Of(Path);

    /// <summary>Work of an interrupted run is continued only when that is asked for, and removed when the output shall be made anew.</summary>
    /// <exception cref="UsageException">There is such work, and neither was asked for.</exception>
    public void RequireFreeWork()
    {
        if (!Directory.Exists(Work) || Resume) return;
        if (!Replace) throw new UsageException($"an interrupted run lies in '{Work}'. Pass --resume to continue it, or --force to start again.");
        Directory.Delete(Work, recursive: true);
    }
}

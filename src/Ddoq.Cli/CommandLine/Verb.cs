using System.CommandLine;

namespace Ddoq.Cli.CommandLine;

/// <summary>
/// One verb of the command line: its purpose, options and two examples, and the work. A verb reads its options, calls the
/// libraries and returns an <see cref="Outcome"/>; printing, exit codes, progress and signals are the application's.
/// </summary>
internal abstract class Verb : Command
{
    /// <param name="name">What users type.</param>
    /// <param name="purpose">One line, without a full stop.</param>
    /// <param name="examples">At least two command lines without the program's name, which parse as they stand.</param>
    protected Verb(string name, string purpose, params string[] examples) : base(name, purpose) => Examples = examples;

    public IReadOnlyList<string> Examples { get; }

    /// <summary>Does the work.</summary>
    /// <exception cref="OperationCanceledException"><see cref="CommandContext.Cancellation"/> was signalled.</exception>
    public abstract Outcome Run(CommandContext context);
}

/// <summary>A word that only groups verbs, such as <c>fit</c>.</summary>
internal sealed class VerbGroup : Command
{
    public VerbGroup(string name, string purpose, params Verb[] verbs) : base(name, purpose)
    {
        foreach (var verb in verbs) Add(verb);
    }
}

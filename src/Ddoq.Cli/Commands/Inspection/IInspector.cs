using Ddoq.Cli.CommandLine;

namespace Ddoq.Cli.Commands.Inspection;

/// <summary>Knows one kind of thing that <c>inspect</c> and <c>verify</c> are asked about.</summary>
internal interface IInspector
{
    /// <summary>"distilled set": what it is called in messages.</summary>
    string Kind { get; }

    /// <summary>Whether the thing looks like this kind, by its name or marker file alone; it may still turn out damaged.</summary>
    bool Recognises(string thing);

    /// <summary>What it is, in numbers.</summary>
    Outcome Describe(string thing, CommandContext context);

    /// <summary>Recomputes what it claims about itself: one sentence per problem, none if all is well; null where it claims nothing that can be checked.</summary>
    IReadOnlyList<string>? Verify(string thing, CommandContext context);
}

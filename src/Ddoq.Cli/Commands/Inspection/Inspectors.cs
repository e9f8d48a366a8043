using Ddoq.Foundations;

namespace Ddoq.Cli.Commands.Inspection;

/// <summary>All kinds, asked in this order: marker files before names and folders that could be anything.</summary>
internal static class Inspectors
{
    private static readonly IInspector[] All = [new DistilledSetInspector(), new LatentStoreInspector(), new CodebookInspector(), new TensorFileInspector()];

    /// <exception cref="BadInputException">It is none of the known kinds.</exception>
    public static IInspector For(string thing) => Array.Find(All, inspector => inspector.Recognises(thing)) ?? throw Unknown(thing);

    private static BadInputException Unknown(string thing) => new(
        Path.Exists(thing)
            ? $"'{thing}' is none of these: {string.Join(", ", All.Select(inspector => inspector.Kind))}."
            : $"'{thing}' does not exist.");
}

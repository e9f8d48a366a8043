namespace Ddoq.Cli.Commands.Inspection;

/// <summary>All kinds, asked in this order: marker files first, then the data sets, which may be a bare name or any folder.</summary>
internal static class Inspectors
{
    private static readonly IInspector[] All =
        [new DistilledSetInspector(), new LatentStoreInspector(), new ModelInspector(), new CodebookInspector(), new TensorFileInspector(), new DatasetInspector()];

    public static IInspector For(string thing) => Array.Find(All, inspector => inspector.Recognises(thing))!;
}

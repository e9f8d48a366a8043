namespace Ddoq.Datasets;

/// <summary>What the user asked for, taken apart.</summary>
/// <param name="Spec">As written.</param>
/// <param name="Location">Without the part suffix: a name, a path, or two paths and a comma.</param>
/// <param name="Part">The part, if <c>:test</c> or <c>:train</c> was written.</param>
/// <param name="Options">How to open it.</param>
internal sealed record DatasetRequest(string Spec, string Location, DatasetPart? Part, DatasetOptions Options)
{
    /// <summary>The part wanted: training images unless said otherwise.</summary>
    public DatasetPart Wanted => Part ?? DatasetPart.Train;

    /// <summary>Name of the data set in messages and reports.</summary>
    public string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(Location)) + (Wanted == DatasetPart.Test ? ":test" : "");
}

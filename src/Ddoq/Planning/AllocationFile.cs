using System.Text.Json;
using System.Text.Json.Serialization;
using Ddoq.Formats;
using Ddoq.Foundations;

namespace Ddoq.Planning;

/// <summary>
/// Allocations as a small JSON file, which <c>ddoq plan --out</c> writes and <c>ddoq quantize --allocation</c> reads: <c>format</c>, <c>version</c>, <c>class_names</c> in
/// label order, and <c>allocations</c>, each with its <c>budget</c> and <c>images_per_class</c>. It may be written by hand.
/// </summary>
public sealed record AllocationFile
{
    private const string FormatName = "ddoq-allocation";
    private const int CurrentVersion = 1;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly string _path;

    private AllocationFile(string path, Document document) => (_path, ClassNames, Spreads) = (path, document.ClassNames, [.. document.Allocations.Select(a => (IReadOnlyList<int>)a.ImagesPerClass)]);

    /// <summary>Class names in label order.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Images of each class, one list per total.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Spreads { get; }

    /// <summary>Writes the allocations of a plan, whole or not at all.</summary>
    /// <exception cref="UsageException">The file exists and <paramref name="replace"/> is false.</exception>
    /// <exception cref="WorkFailedException">The disk refuses.</exception>
    public static void Save(Plan plan, string path, bool replace = false)
    {
        var entries = plan.Allocations.Select(a => new Entry { Budget = a.Budget, ImagesPerClass = [.. a.ImagesPerClass] });
        var document = new Document { Format = FormatName, Version = CurrentVersion, ClassNames = [.. plan.Classes.Select(c => c.Name)], Allocations = [.. entries] };
        WholeFile.Write(path, replace, stream => JsonSerializer.Serialize(stream, document, Json));
    }

    /// <summary>Reads and checks a file.</summary>
    /// <exception cref="BadInputException">There is no such file, or it is not one of allocations, or its numbers do not fit.</exception>
    public static AllocationFile Load(string path)
    {
        if (!File.Exists(path)) throw new BadInputException($"'{path}' does not exist. Make one with 'ddoq plan --out'.");
        try
        {
            var document = JsonSerializer.Deserialize<Document>(File.ReadAllBytes(path), Json) ?? throw new JsonException("it is null");
            Check(document, path);
            return new AllocationFile(path, document);
        }
        catch (JsonException e)
        {
            throw new BadInputException($"'{path}' is not a readable allocation: {e.Message} Make one with 'ddoq plan --out'.", e);
        }
    }

    /// <summary>Images of each class for one total.</summary>
    /// <param name="budget">Images in all; null where the file holds one total alone.</param>
    /// <param name="classNames">Classes of the data, which must be those of the file in the same order.</param>
    /// <exception cref="UsageException">No such total, or none given and the file holds several.</exception>
    /// <exception cref="BadInputException">The classes differ.</exception>
    public IReadOnlyList<int> For(int? budget, IReadOnlyList<string> classNames)
    {
        if (!ClassNames.SequenceEqual(classNames, StringComparer.Ordinal))
            throw new BadInputException($"'{_path}' was made for the classes [{string.Join(", ", ClassNames)}], the data have [{string.Join(", ", classNames)}]. Plan again with these data.");
        var found = Spreads.Where(s => budget is null || s.Sum() == budget).ToArray();
        return found.Length == 1 ? found[0] : throw new UsageException($"'{_path}' holds the totals {string.Join(", ", Spreads.Select(s => s.Sum()))}{(budget is { } b ? $", not {b}" : "")}. Choose one with --budget.");
    }

    private static void Check(Document document, string path)
    {
        if (document.Format != FormatName || document.Version != CurrentVersion)
            throw new BadInputException($"'{path}': expected format {FormatName}, version {CurrentVersion}, found '{document.Format}', version {document.Version}. Make one with 'ddoq plan --out'.");
        if (document.Allocations.Length == 0) throw new BadInputException($"'{path}' holds no allocation. Make one with 'ddoq plan --out'.");
        foreach (var entry in document.Allocations)
        {
            if (entry is null || entry.ImagesPerClass.Length != document.ClassNames.Length || entry.ImagesPerClass.Any(k => k < 0) || entry.ImagesPerClass.Sum(k => (long)k) != entry.Budget)
                throw new BadInputException($"'{path}': expected for each allocation {document.ClassNames.Length} numbers from 0 up that sum to its budget, found {(entry is null ? "null" : $"{entry.ImagesPerClass.Length} numbers with the sum {entry.ImagesPerClass.Sum(k => (long)k)} for budget {entry.Budget}")}.");
        }
        if (document.Allocations.DistinctBy(a => a.Budget).Count() < document.Allocations.Length) throw new BadInputException($"'{path}' holds a budget twice.");
    }

    private sealed record Document
    {
        public required string Format { get; init; }
        public required int Version { get; init; }
        public required string[] ClassNames { get; init; }
        public required Entry[] Allocations { get; init; }
    }

    private sealed record Entry
    {
        public required int Budget { get; init; }
        public required int[] ImagesPerClass { get; init; }
    }
}

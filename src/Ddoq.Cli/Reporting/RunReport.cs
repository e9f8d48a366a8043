using System.Text.Json;
using System.Text.Json.Serialization;
using Ddoq.Foundations;

namespace Ddoq.Cli.Reporting;

/// <summary>All that a run's report shows. Saved as run.json beside the page, so that the page can be made again from it.</summary>
internal sealed record RunReport
{
    public const string FormatName = "ddoq-run-report";
    public const int CurrentVersion = 1;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        WriteIndented = true,
        NewLine = "\n",
    };

    public string Format { get; init; } = FormatName;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>Headline, for instance "Fashion-MNIST in 100 images".</summary>
    public required string Title { get; init; }

    /// <summary>Name of the source data set.</summary>
    public required string Dataset { get; init; }

    public required int ImagesPerClass { get; init; }

    /// <summary>Seeds of the students, in the order of every row's values.</summary>
    public required IReadOnlyList<ulong> Seeds { get; init; }

    /// <summary>What the table says, one sentence each, in the caller's words.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];

    public IReadOnlyList<ScoreRow> Scores { get; init; } = [];

    public IReadOnlyList<ImageGrid> Grids { get; init; } = [];

    public IReadOnlyList<ClassDistortion> Distortions { get; init; } = [];

    public IReadOnlyList<StageTime> Timings { get; init; } = [];

    /// <summary>Options that the run was made with.</summary>
    public IReadOnlyList<ReportFact> Settings { get; init; } = [];

    /// <summary>Hashes, versions, licence notes.</summary>
    public IReadOnlyList<ReportFact> Provenance { get; init; } = [];

    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";

    /// <summary>Writes run.json, whole or not at all.</summary>
    /// <exception cref="WorkFailedException">The disk refuses.</exception>
    public void Save(string path) => ReportFile.Write(path, ToJson());

    /// <summary>Reads run.json.</summary>
    /// <exception cref="BadInputException">Missing, not JSON, another format or version, or an unknown or missing key.</exception>
    public static RunReport Load(string path)
    {
        if (!File.Exists(path)) throw new BadInputException($"there is no run report '{path}'. Give the folder that ddoq quickstart or compare wrote.");
        try
        {
            var report = JsonSerializer.Deserialize<RunReport>(File.ReadAllText(path), Json);
            if (report is { Format: FormatName, Version: CurrentVersion }) return report.Checked(path);
            throw new BadInputException($"'{path}' has format '{report?.Format}' version {report?.Version}, expected '{FormatName}' version {CurrentVersion}. Run again with this tool.");
        }
        catch (JsonException e)
        {
            throw new BadInputException($"'{path}' is not a run report that this version reads: {e.Message} Run again with this tool.", e);
        }
    }

    private RunReport Checked(string path)
    {
        if (HasNull()) throw new BadInputException($"'{path}' holds a null entry in a list. Run again with this tool.");
        if (Scores.Count > 0 && Seeds.Count == 0) throw new BadInputException($"'{path}' holds scores but no seeds. Run again with this tool.");
        if (Scores.FirstOrDefault(s => s.Last.Values.Count != Seeds.Count || s.Best.Values.Count != Seeds.Count) is { } uneven)
            throw new BadInputException($"'{path}' gives '{uneven.Method}' {uneven.Last.Values.Count} last and {uneven.Best.Values.Count} best scores, expected {Seeds.Count}, one per seed. Run again with this tool.");
        return this;
    }

    // The reader checks members, not the entries of lists.
    private bool HasNull() =>
        new IEnumerable<object?>[] { Findings, Scores, Grids, Distortions, Timings, Settings, Provenance }.Any(list => list.Contains(null)) ||
        Grids.Any(g => g.Rows.Any(r => r is null || r.Images.Contains(null!)));
}

/// <summary>A named value for people.</summary>
internal sealed record ReportFact(string Name, string Value);

/// <summary>Wall-clock seconds of one stage. The note says what is special, for instance "reused".</summary>
internal sealed record StageTime(string Stage, double Seconds, string Note = "");

/// <summary>How far a class's points lie from its images: distortion, and Wasserstein distance with the points' own weights and with equal ones.</summary>
internal sealed record ClassDistortion(string ClassName, double Distortion, double W2, double W2EqualWeights);

using System.Diagnostics;
using System.Text.Json;
using Ddoq.Foundations;

namespace Ddoq.Cli.Pipeline;

/// <summary>
/// Remembers which stages of a run are done, in one small file per stage, written after the stage's artifact stands under
/// its final name. A stage is skipped if its file holds the same fingerprint and the artifact is there; so a killed run
/// goes on where it was, and a second run does nothing twice.
/// </summary>
internal sealed class StageLedger(string folder)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, NewLine = "\n" };
    private readonly SortedDictionary<string, double> _seconds = new(StringComparer.Ordinal);

    private sealed record Entry(string Stage, string Fingerprint, double Seconds);

    /// <summary>Wall-clock seconds that each stage took when it ran, in this run or an earlier one.</summary>
    public IReadOnlyDictionary<string, double> Seconds => _seconds;

    /// <summary>Stages that ran in this process.</summary>
    public int Ran { get; private set; }

    /// <summary>Makes the artifact unless it stands already under this fingerprint. <paramref name="make"/> writes it whole or not at all, replacing an older one.</summary>
    public void Ensure(string stage, string fingerprint, string artifact, Action make)
    {
        if (!IsDone(stage, fingerprint, artifact))
        {
            var clock = Stopwatch.StartNew();
            make();
            Record(stage, fingerprint, clock.Elapsed.TotalSeconds);
        }
    }

    /// <summary>Whether the stage is done; notes its seconds if so.</summary>
    public bool IsDone(string stage, string fingerprint, string artifact)
    {
        if (!File.Exists(FileOf(stage)) || !(File.Exists(artifact) || Directory.Exists(artifact)) || Read(stage) is not { } entry || entry.Fingerprint != fingerprint) return false;
        _seconds[stage] = entry.Seconds;
        return true;
    }

    /// <summary>Notes a stage that was made outside of <see cref="Ensure"/>.</summary>
    public void Record(string stage, string fingerprint, double seconds)
    {
        Directory.CreateDirectory(folder);
        using var staged = StagedOutput.File(FileOf(stage), replace: true);
        File.WriteAllText(staged.Path, JsonSerializer.Serialize(new Entry(stage, fingerprint, seconds), Json) + "\n");
        staged.Commit();
        _seconds[stage] = seconds;
        Ran++;
    }

    private string FileOf(string stage) => Path.Combine(folder, stage + ".json");

    // A torn or foreign file means "not done": the stage runs again and replaces it.
    private Entry? Read(string stage)
    {
        try
        {
            return JsonSerializer.Deserialize<Entry>(File.ReadAllText(FileOf(stage)), Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

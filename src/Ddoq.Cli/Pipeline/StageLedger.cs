using System.Diagnostics;
using System.Text.Json;
using Ddoq.Foundations;

namespace Ddoq.Cli.Pipeline;

/// <summary>What a stage cost.</summary>
/// <param name="Seconds">Wall clock.</param>
/// <param name="PeakBytes">Largest resident memory of the process that ran it; 0 where an earlier version did not look.</param>
internal readonly record struct StageCost(double Seconds, long PeakBytes);

/// <summary>
/// Remembers which stages of a run are done, in one small file per stage, written after the stage's artifact stands under
/// its final name. A stage is skipped if its file holds the same fingerprint and the artifact is there; so a killed run
/// goes on where it was, and a second run does nothing twice.
/// </summary>
internal sealed class StageLedger(string folder)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, NewLine = "\n" };
    private readonly SortedDictionary<string, StageCost> _costs = new(StringComparer.Ordinal);

    private sealed record Entry(string Stage, string Fingerprint, double Seconds, long PeakBytes = 0);

    /// <summary>What each stage cost when it ran, in this run or an earlier one.</summary>
    public IReadOnlyDictionary<string, StageCost> Costs => _costs;

    /// <summary>Stages that ran in this process.</summary>
    public int Ran { get; private set; }

    /// <summary>Makes the artifact unless it stands already under this fingerprint. <paramref name="make"/> writes it whole or not at all, replacing an older one.</summary>
    public void Ensure(string stage, string fingerprint, string artifact, Action make)
    {
        if (!IsDone(stage, fingerprint, artifact))
        {
            var clock = Stopwatch.StartNew();
            using var memory = PeakMemory.Watch();
            make();
            Record(stage, fingerprint, new StageCost(clock.Elapsed.TotalSeconds, memory.Bytes));
        }
    }

    /// <summary>Whether the stage is done; notes its cost if so.</summary>
    public bool IsDone(string stage, string fingerprint, string artifact)
    {
        if (!File.Exists(FileOf(stage)) || !(File.Exists(artifact) || Directory.Exists(artifact)) || Read(stage) is not { } entry || entry.Fingerprint != fingerprint) return false;
        _costs[stage] = new StageCost(entry.Seconds, entry.PeakBytes);
        return true;
    }

    /// <summary>Notes a stage that was made outside of <see cref="Ensure"/>.</summary>
    public void Record(string stage, string fingerprint, StageCost cost)
    {
        Directory.CreateDirectory(folder);
        using var staged = StagedOutput.File(FileOf(stage), replace: true);
        File.WriteAllText(staged.Path, JsonSerializer.Serialize(new Entry(stage, fingerprint, cost.Seconds, cost.PeakBytes), Json) + "\n");
        staged.Commit();
        _costs[stage] = cost;
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

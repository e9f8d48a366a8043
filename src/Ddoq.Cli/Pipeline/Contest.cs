using System.Text.Json;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Evaluation;

namespace Ddoq.Cli.Pipeline;

/// <summary>Students of several sets under one protocol, side by side; each finished student is kept, so a killed run trains none twice.</summary>
internal sealed class Contest(Distillation run, IImageDataset test, StudentProtocol protocol, int students, SeedSequence seeds, StudentProcesses processes)
{
    private sealed record Entry(string Method, DistilledSet Set, int Student);

    /// <summary>Scores of every method, in the given order.</summary>
    public IReadOnlyList<(string Method, EvaluationReport Report)> Run(IReadOnlyList<(string Method, DistilledSet Set)> sets)
    {
        var entries = sets.SelectMany(s => Enumerable.Range(0, students).Select(i => new Entry(s.Method, s.Set, i))).ToArray();
        var missing = entries.Where(e => !run.Ledger.IsDone(StageOf(e), FingerprintOf(e), FileOf(e))).ToArray();
        processes.Run([.. missing.Select(e => new StudentTask(run.SiblingOf(e.Method), protocol, e.Student))], (task, score) => Keep(missing[task], score));
        return [.. sets.Select(s => (s.Method, new EvaluationReport(StudentTraining.NameOf(s.Set, protocol), protocol, [.. entries.Where(e => e.Method == s.Method).Select(Read)])))];
    }

    private void Keep(Entry entry, StudentScore score)
    {
        using var staged = StagedOutput.File(FileOf(entry), replace: true);
        File.WriteAllText(staged.Path, JsonSerializer.Serialize(score) + "\n");
        staged.Commit();
        run.Ledger.Record(StageOf(entry), FingerprintOf(entry), score.Seconds);
    }

    private StudentScore Read(Entry entry) => JsonSerializer.Deserialize<StudentScore>(File.ReadAllText(FileOf(entry)))
        ?? throw new BadInputException($"'{FileOf(entry)}' holds no score. Delete it and run again.");

    private string StageOf(Entry e) => $"train-{e.Method}-{protocol.Name}-{e.Student}";

    private string FileOf(Entry e) => Path.Combine(run.Folder, "scores", $"{e.Method}-{protocol.Name}-{e.Student}.json");

    private string FingerprintOf(Entry e) => Fingerprint.Of(StageOf(e), e.Set.Fingerprint, run.SetFingerprint(e.Method), test.Fingerprint, protocol, e.Student, seeds.Root);
}

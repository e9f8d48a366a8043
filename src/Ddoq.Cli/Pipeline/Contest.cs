using System.Text.Json;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Evaluation;

namespace Ddoq.Cli.Pipeline;

/// <summary>Students of several sets under one protocol, all in one pool; each finished student is kept, so a killed run trains none twice.</summary>
internal sealed class Contest(Distillation run, IImageDataset test, StudentProtocol protocol, int students, SeedSequence seeds, IProgress<StageProgress> progress, CancellationToken cancel)
{
    private sealed record Entry(string Method, DistilledSet Set, int Student);

    /// <summary>Scores of every method, in the given order.</summary>
    public IReadOnlyList<(string Method, EvaluationReport Report)> Run(IReadOnlyList<(string Method, DistilledSet Set)> sets)
    {
        var entries = sets.SelectMany(s => Enumerable.Range(0, students).Select(i => new Entry(s.Method, s.Set, i))).ToArray();
        var missing = entries.Where(e => !run.Ledger.IsDone(StageOf(e), FingerprintOf(e), FileOf(e))).ToArray();
        StudentTraining.TrainAll([.. missing.Select(e => new StudentJob(e.Set, protocol, e.Student))], test, seeds, (j, score) => Keep(missing[j], score), progress, cancel);
        return [.. sets.Select(s => (s.Method, new EvaluationReport(NetworkOf(s.Set), protocol, [.. entries.Where(e => e.Method == s.Method).Select(Read)])))];
    }

    private readonly Lock _ledger = new();

    // Called from the thread that trained the student.
    private void Keep(Entry entry, StudentScore score)
    {
        lock (_ledger)
        {
            using var staged = StagedOutput.File(FileOf(entry), replace: true);
            File.WriteAllText(staged.Path, JsonSerializer.Serialize(score) + "\n");
            staged.Commit();
            run.Ledger.Record(StageOf(entry), FingerprintOf(entry), score.Seconds);
        }
    }

    private StudentScore Read(Entry entry) => JsonSerializer.Deserialize<StudentScore>(File.ReadAllText(FileOf(entry)))
        ?? throw new BadInputException($"'{FileOf(entry)}' holds no score. Delete it and run again.");

    private string NetworkOf(DistilledSet set) => $"ConvNet-{protocol.Depth} w{protocol.Width}, {set.Shape}";

    private string StageOf(Entry e) => $"train-{e.Method}-{protocol.Name}-{e.Student}";

    private string FileOf(Entry e) => Path.Combine(run.Folder, "scores", $"{e.Method}-{protocol.Name}-{e.Student}.json");

    private string FingerprintOf(Entry e) => Fingerprint.Of(StageOf(e), e.Set.Fingerprint, run.SetFingerprint(e.Method), test.Fingerprint, protocol, e.Student, seeds.Root);
}

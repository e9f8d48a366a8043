using System.Text.Json;
using Ddoq.Foundations;
using Ddoq.Neural.Evaluation;

namespace Ddoq.Cli.Pipeline;

/// <summary>One student of one set.</summary>
/// <param name="Name">Name of the cell, fit for a file; another one for every cell of a run.</param>
/// <param name="SetPath">The distilled set.</param>
/// <param name="SetFingerprint">What it depends on.</param>
/// <param name="Content">Hash of its images, weights and labels.</param>
/// <param name="Protocol">How the student learns.</param>
/// <param name="Student">Its index: its first weights, order and views follow from it.</param>
internal sealed record StudentCell(string Name, string SetPath, string SetFingerprint, string Content, StudentProtocol Protocol, int Student);

/// <summary>Students of many sets, side by side; each finished student is kept, so a killed run trains none twice.</summary>
internal sealed class Contest(RunFolder run, string testFingerprint, (string Folder, string Hash) teacher, SeedSequence seeds, StudentProcesses processes)
{
    /// <summary>Scores of all cells, in their order.</summary>
    public IReadOnlyList<StudentScore> Run(IReadOnlyList<StudentCell> cells)
    {
        // Methods that give the same set (D4M and DDOQ at one image per class) give the same student: it is trained once.
        var missing = cells.Where(c => !IsDone(c)).GroupBy(c => (c.Content, JsonSerializer.Serialize(c.Protocol), c.Student)).Select(same => same.ToArray()).ToArray();
        processes.Run([.. missing.Select(same => TaskOf(same[0]))], (task, score) => Array.ForEach(missing[task], cell => Keep(cell, score)));
        return [.. cells.Select(Read)];
    }

    private bool IsDone(StudentCell cell) => run.Ledger.IsDone(StageOf(cell), FingerprintOf(cell), FileOf(cell));

    private StudentTask TaskOf(StudentCell cell) => new(cell.SetPath, cell.Protocol, cell.Student, cell.Protocol.Labels == LabelKind.Teacher ? teacher.Folder : null);

    private void Keep(StudentCell cell, StudentScore score)
    {
        using var staged = StagedOutput.File(FileOf(cell), replace: true);
        File.WriteAllText(staged.Path, JsonSerializer.Serialize(score) + "\n");
        staged.Commit();
        run.Ledger.Record(StageOf(cell), FingerprintOf(cell), new StageCost(score.Seconds, score.PeakBytes));
    }

    private StudentScore Read(StudentCell cell) => JsonSerializer.Deserialize<StudentScore>(File.ReadAllText(FileOf(cell)))
        ?? throw new BadInputException($"'{FileOf(cell)}' holds no score. Delete it and run again.");

    private static string StageOf(StudentCell cell) => $"train-{cell.Name}";

    private string FileOf(StudentCell cell) => Path.Combine(run.Path, "scores", $"{cell.Name}.json");

    private string FingerprintOf(StudentCell cell) => Fingerprint.Of("train", cell.SetFingerprint, testFingerprint, JsonSerializer.Serialize(cell.Protocol), cell.Protocol.Labels == LabelKind.Teacher ? teacher.Hash : "", cell.Student, seeds.Root);
}

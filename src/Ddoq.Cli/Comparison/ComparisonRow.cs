using Ddoq.Neural.Evaluation;

namespace Ddoq.Cli.Comparison;

/// <summary>One cell of the comparison, all seeds together.</summary>
internal sealed record ComparisonRow
{
    public required string Method { get; init; }

    public required string Description { get; init; }

    public required int ImagesPerClass { get; init; }

    public required string Student { get; init; }

    public required string Protocol { get; init; }

    /// <summary>Labels that students learn from: "hard", "soft", "teacher".</summary>
    public required string Labels { get; init; }

    /// <summary>Rule of the weights that students used.</summary>
    public required string Weights { get; init; }

    /// <summary>Students, one per seed.</summary>
    public required IReadOnlyList<StudentScore> Students { get; init; }

    /// <summary>Seconds to make one set, shared stages (encoding) left out; mean over seeds.</summary>
    public required double SetSeconds { get; init; }

    /// <summary>Largest resident memory while one set was made; 0 where it was not seen.</summary>
    public long SetPeakBytes { get; init; }

    /// <summary>Bytes of one set's images as they are stored; mean over seeds.</summary>
    public required long ImageBytes { get; init; }

    /// <summary>Bytes of one set's stored soft labels.</summary>
    public required long LabelBytes { get; init; }

    public Spread Last => Spread.Of([.. Students.Select(s => s.Last)]);

    public Spread Best => Spread.Of([.. Students.Select(s => s.Best)]);

    /// <summary>Seconds to train and score one student on one thread; mean over seeds.</summary>
    public double StudentSeconds => Students.Average(s => s.Seconds);

    /// <summary>Largest resident memory of a process that trained one of the students.</summary>
    public long StudentPeakBytes => Students.Max(s => s.PeakBytes);

    /// <summary>What makes two rows comparable.</summary>
    public (string Protocol, string Student, int ImagesPerClass) Setting => (Protocol, Student, ImagesPerClass);

    /// <summary>The gain of the last epoch over another row, seed by seed.</summary>
    public PairedDifference Over(ComparisonRow other) => PairedDifference.Of(Students.ToDictionary(s => s.Seed, s => s.Last), other.Students.ToDictionary(s => s.Seed, s => s.Last));
}

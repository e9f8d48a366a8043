using Ddoq.Foundations;

namespace Ddoq.Theory.Checks;

/// <summary>What every check gets.</summary>
/// <param name="Seeds">Root of all random draws.</param>
/// <param name="Threads">Threads for fits of samples; 0 for all processors. Results do not depend on it.</param>
/// <param name="Cancellation">Checked between fits.</param>
public sealed record CheckContext(SeedSequence Seeds, int Threads = 1, CancellationToken Cancellation = default)
{
    /// <summary>What is examined. Tests put something faulty here, to see that the checks notice.</summary>
    internal CheckSubjects Subjects { get; init; } = new();
}

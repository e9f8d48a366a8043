using System.Globalization;
using Ddoq.Foundations;

namespace Ddoq.Theory.Checks;

/// <summary>The checks that a program can run, from any number of projects, and those that it knows of but cannot run.</summary>
public sealed class TheoryCatalogue
{
    /// <summary>Creates the catalogue.</summary>
    /// <param name="checks">Checks with different ids, each "T" and a number.</param>
    /// <param name="pending">Known checks; those among <paramref name="checks"/> are left out.</param>
    /// <exception cref="ArgumentException">An id is used twice or is no "T" and a number.</exception>
    public TheoryCatalogue(IEnumerable<ITheoryCheck> checks, IEnumerable<PendingCheck> pending)
    {
        Checks = [.. checks.OrderBy(check => Number(check.Id))];
        if (Checks.GroupBy(check => check.Id).FirstOrDefault(group => group.Count() > 1) is { } twice) throw new ArgumentException($"two checks have the id {twice.Key}.", nameof(checks));
        Pending = [.. pending.Where(p => Checks.All(check => check.Id != p.Id)).OrderBy(p => Number(p.Id))];
    }

    /// <summary>Checks, in the order of their numbers.</summary>
    public IReadOnlyList<ITheoryCheck> Checks { get; }

    /// <summary>Known checks that cannot be run, in the order of their numbers.</summary>
    public IReadOnlyList<PendingCheck> Pending { get; }

    /// <summary>Runs some checks one after another.</summary>
    /// <param name="checks">Checks to run.</param>
    /// <param name="context">Seeds, threads, cancellation.</param>
    /// <param name="progress">Told after each check.</param>
    /// <exception cref="OperationCanceledException">The cancellation was signalled.</exception>
    public static IReadOnlyList<CheckRow> Run(IReadOnlyList<ITheoryCheck> checks, CheckContext context, IProgress<StageProgress>? progress = null)
    {
        var rows = new List<CheckRow>();
        for (var i = 0; i < checks.Count; i++)
        {
            progress?.Report(new StageProgress("theory", i, checks.Count, "checks", checks[i].Id));
            foreach (var row in checks[i].Run(context))
            {
                rows.Add(row);
                context.Cancellation.ThrowIfCancellationRequested();
            }
        }
        progress?.Report(new StageProgress("theory", checks.Count, checks.Count, "checks"));
        return rows;
    }

    private static int Number(string id) => id.StartsWith('T') && int.TryParse(id.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new ArgumentException($"the id of a check is T and a number, not '{id}'.", nameof(id));
}

namespace Ddoq.Theory.Checks;

/// <summary>One claim of the theory that can be checked by numbers. Checks of other projects join a <see cref="TheoryCatalogue"/> beside those of this one.</summary>
public interface ITheoryCheck
{
    /// <summary>"T" and a number, unique in a catalogue.</summary>
    string Id { get; }

    /// <summary>The claim in one line, without a full stop.</summary>
    string Claim { get; }

    /// <summary>Does the work and gives one row per number.</summary>
    /// <param name="context">Seeds, threads, cancellation.</param>
    /// <exception cref="OperationCanceledException">The cancellation was signalled.</exception>
    IEnumerable<CheckRow> Run(CheckContext context);
}

namespace Ddoq.Foundations;

/// <summary>
/// A failure that is not the calling code's mistake: a bad file, artifact, model or recipe, or a machine that refused.
/// The message says what, where (path, key, row), what was expected and found, and what to do.
/// </summary>
public abstract class DdoqException : Exception
{
    /// <summary>Creates the exception with a complete, one-problem message.</summary>
    protected DdoqException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>A data set, model, artifact or recipe is not what it should be. The command line maps it to exit code 3.</summary>
public sealed class BadInputException : DdoqException
{
    /// <summary>Creates the exception with a complete message: what, where, expected and found, what to do.</summary>
    public BadInputException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>The work itself failed: I/O, numerics, out of disk, a missing library. The command line maps it to exit code 1.</summary>
public sealed class WorkFailedException : DdoqException
{
    /// <summary>Creates the exception with a complete message: what, where, and what to do.</summary>
    public WorkFailedException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>The request cannot be meant as written: a value out of range, an output that exists. The command line maps it to exit code 2.</summary>
public sealed class UsageException : DdoqException
{
    /// <summary>Creates the exception with a complete message: the option, its value and the permitted range.</summary>
    public UsageException(string message, Exception? inner = null) : base(message, inner) { }
}

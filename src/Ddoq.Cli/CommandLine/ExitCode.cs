namespace Ddoq.Cli.CommandLine;

/// <summary>What the process says to the shell. Scripts rely on these numbers.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The work failed: I/O, numerics, out of disk.</summary>
    public const int Failed = 1;

    /// <summary>Unknown verb or option, a value out of range, an output that exists.</summary>
    public const int Usage = 2;

    /// <summary>A data set, model, artifact or recipe is not what it should be.</summary>
    public const int BadInput = 3;

    /// <summary>SIGINT or SIGTERM.</summary>
    public const int Interrupted = 130;
}

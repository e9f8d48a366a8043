using System.Text.Json.Nodes;
using Ddoq.Foundations;

namespace Ddoq.Cli.CommandLine;

/// <summary>One problem: the exit code and one message, made from whatever was thrown.</summary>
internal sealed record Failure(int Code, string Message)
{
    private const int DiskFull = 28; // ENOSPC, which .NET passes on as the HResult
    private const int QuotaReached = 122; // EDQUOT

    public static Failure From(Exception exception) => Root(exception) switch
    {
        OperationCanceledException => new(ExitCode.Interrupted, "interrupted; no incomplete output was left behind. Where the verb keeps finished parts beside the output (OUT.work), --resume goes on from them"),
        UsageException e => new(ExitCode.Usage, e.Message),
        BadInputException e => new(ExitCode.BadInput, e.Message),
        WorkFailedException { InnerException: IOException inner } e when IsDiskFull(inner) => new(ExitCode.Failed, DiskFullMessage(e.Message)),
        WorkFailedException e => new(ExitCode.Failed, e.Message),
        IOException e when IsDiskFull(e) => new(ExitCode.Failed, DiskFullMessage(e.Message)),
        IOException e => new(ExitCode.Failed, e.Message),
        UnauthorizedAccessException e => new(ExitCode.Failed, $"{e.Message} Check the permissions."),
        OutOfMemoryException => new(ExitCode.Failed, "out of memory. Free some, or use fewer threads (--threads) or images per class."),
        var e => new(ExitCode.Failed, $"internal error: {e.GetType().Name}: {e.Message} This is a defect of ddoq; --verbose prints where it happened."),
    };

    /// <summary>The JSON document of a failed command.</summary>
    public JsonObject ToJson() => new() { ["error"] = new JsonObject { ["code"] = Code, ["message"] = Message } };

    // Parallel loops and static constructors wrap what really happened.
    private static Exception Root(Exception exception) => exception switch
    {
        AggregateException e => Root(e.Flatten().InnerExceptions.FirstOrDefault(inner => inner is DdoqException) ?? e.Flatten().InnerExceptions[0]),
        TypeInitializationException { InnerException: { } inner } => Root(inner),
        System.Reflection.TargetInvocationException { InnerException: { } inner } => Root(inner),
        _ => exception,
    };

    // A write reports the bare number; reserving space reports only words.
    private static bool IsDiskFull(IOException e) =>
        e.HResult is DiskFull or QuotaReached || e.Message.Contains("No space left", StringComparison.Ordinal)
        || e.Message.Contains("disk full", StringComparison.OrdinalIgnoreCase) || e.Message.Contains("disk was full", StringComparison.OrdinalIgnoreCase);

    private static string DiskFullMessage(string message) =>
        $"disk full: {message.TrimEnd('.')}. Nothing incomplete was left under the output's name; free some space, or put --out on another disk, and start again, with --resume where OUT.work was kept.";
}

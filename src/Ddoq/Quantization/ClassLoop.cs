using System.Runtime.ExceptionServices;

namespace Ddoq.Quantization;

/// <summary>Work on classes side by side. The error of the first failing class is the one that counts, as if they had run in order.</summary>
internal static class ClassLoop
{
    /// <summary>What stopped a loop.</summary>
    public sealed record Failure(int Class, ExceptionDispatchInfo Error);

    /// <summary>Does the work for 0..<paramref name="count"/>-1 and throws the error of the first that failed.</summary>
    public static void Run(int count, int threads, Action<int> work) => Try([.. Enumerable.Range(0, count)], threads, work)?.Error.Throw();

    /// <summary>Does the work for each of these classes, which ascend, and returns the failure of the first that failed.</summary>
    public static Failure? Try(IReadOnlyList<int> classes, int threads, Action<int> work)
    {
        var failures = new Failure?[classes.Count];
        Parallel.For(0, classes.Count, new ParallelOptions { MaxDegreeOfParallelism = threads }, (i, loop) =>
        {
            try
            {
                work(classes[i]);
            }
            catch (Exception e)
            {
                failures[i] = new Failure(classes[i], ExceptionDispatchInfo.Capture(e));
                loop.Break(); // classes before this one still run, so that the error does not depend on timing
            }
        });
        return failures.FirstOrDefault(f => f is not null);
    }
}

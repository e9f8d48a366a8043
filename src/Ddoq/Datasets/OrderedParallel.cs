using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Ddoq.Datasets;

/// <summary>A parallel loop whose failure is that of the lowest failing index, whatever the number of threads.</summary>
internal static class OrderedParallel
{
    public static void For(int count, int threads, CancellationToken cancellation, Action<int> body)
    {
        var failures = new ConcurrentDictionary<int, Exception>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        // Break, unlike Stop or a thrown exception, still runs every index below the failing one.
        Parallel.For(0, count, options, (i, state) =>
        {
            try
            {
                body(i);
            }
            catch (Exception e)
            {
                failures[i] = e;
                state.Break();
            }
        });
        if (!failures.IsEmpty) ExceptionDispatchInfo.Throw(failures[failures.Keys.Min()]);
    }
}

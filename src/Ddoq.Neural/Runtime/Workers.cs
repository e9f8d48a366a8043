using System.Runtime.ExceptionServices;
using TorchSharp;

namespace Ddoq.Neural.Runtime;

/// <summary>
/// Runs independent pieces of network work side by side, each on one thread of its own with libtorch's inner threads off.
/// A piece then has the same bits whatever the number of workers, and small networks lose no time at barriers.
/// </summary>
/// <remarks>
/// Work given here must make no TorchSharp <c>Scalar</c> that nothing holds, so no operator between a tensor and a number: a Scalar that
/// the garbage collector finds on one thread is freed while native code on another still reads it (decision 0005).
/// <see cref="Networks.TensorArithmetic"/> holds its own; networks and training use it, samplers do not.
/// </remarks>
public static class Workers
{
    private static readonly Lock Gate = new();

    /// <summary>Runs <paramref name="work"/> for 0..<paramref name="count"/>-1, started in order, on up to <paramref name="workers"/> threads (0: as many as libtorch was given).</summary>
    /// <remarks>Of several failures, that of the lowest index is thrown, so that an error does not depend on timing.</remarks>
    public static void Run(int count, int workers, Action<int> work, CancellationToken cancel = default)
    {
        cancel.ThrowIfCancellationRequested();
        lock (Gate) // the number of inner threads is one setting for the whole process
        {
            var inner = torch.get_num_threads();
            torch.set_num_threads(1);
            try
            {
                if (count > 0) work(0); // alone: the convolutions' checks of new shapes happen here
                RunOnThreads(count, Math.Clamp(workers > 0 ? workers : inner, 1, Math.Max(1, count)), work, cancel);
            }
            finally
            {
                torch.set_num_threads(inner);
            }
        }
        cancel.ThrowIfCancellationRequested();
    }

    private static void RunOnThreads(int count, int workers, Action<int> work, CancellationToken cancel)
    {
        var next = 0;
        var stop = false;
        var failures = new ExceptionDispatchInfo?[count];
        void Loop()
        {
            torch.set_num_threads(1); // OpenMP keeps this per thread
            while (!Volatile.Read(ref stop) && !cancel.IsCancellationRequested && Interlocked.Increment(ref next) is var index && index < count)
            {
                try
                {
                    work(index);
                }
                catch (Exception e)
                {
                    failures[index] = ExceptionDispatchInfo.Capture(e);
                    Volatile.Write(ref stop, true);
                }
            }
        }
        var threads = Enumerable.Range(0, workers).Select(_ => new Thread(Loop) { IsBackground = true }).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        failures.FirstOrDefault(f => f is not null)?.Throw();
    }
}

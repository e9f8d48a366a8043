namespace Ddoq.Quantization;

/// <summary>Splits a range into blocks whose borders do not depend on the number of threads, so that results do not either.</summary>
internal static class FixedBlocks
{
    /// <summary>Calls <paramref name="work"/> with [start, end) of every block; blocks must not depend on each other.</summary>
    public static void Run(int count, int blockSize, int threads, Action<int, int> work)
    {
        var blocks = (count + blockSize - 1) / blockSize;
        if (threads == 1 || blocks <= 1)
        {
            for (var b = 0; b < blocks; b++) work(b * blockSize, Math.Min(count, (b + 1) * blockSize));
            return;
        }
        Parallel.For(0, blocks, new ParallelOptions { MaxDegreeOfParallelism = threads },
            b => work(b * blockSize, Math.Min(count, (b + 1) * blockSize)));
    }

    /// <summary>The caller's thread count: 0 means all processors.</summary>
    public static int Threads(int requested)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(requested);
        return requested == 0 ? Environment.ProcessorCount : requested;
    }
}

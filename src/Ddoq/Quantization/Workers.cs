namespace Ddoq.Quantization;

/// <summary>Threads that share blocks of a range, each with buffers of its own that are kept between runs. Which thread takes which block must not matter.</summary>
internal sealed class Workers<T>(int threads, Func<T> create) where T : class
{
    private readonly T?[] _states = new T?[threads];

    /// <summary>The buffers made so far.</summary>
    public IEnumerable<T> All => _states.OfType<T>();

    /// <summary>Calls <paramref name="work"/> with [start, end) of every block.</summary>
    public void Run(int count, int blockSize, Action<T, int, int> work)
    {
        var blocks = (count + blockSize - 1) / blockSize;
        if (threads == 1 || blocks <= 1) Take(0, 0, blocks, count, blockSize, work);
        else RunTogether(blocks, count, blockSize, work);
    }

    private void RunTogether(int blocks, int count, int blockSize, Action<T, int, int> work)
    {
        var next = 0;
        var together = Math.Min(threads, blocks);
        Parallel.For(0, together, new ParallelOptions { MaxDegreeOfParallelism = together }, t =>
        {
            for (var b = Interlocked.Increment(ref next) - 1; b < blocks; b = Interlocked.Increment(ref next) - 1) Take(t, b, b + 1, count, blockSize, work);
        });
    }

    private void Take(int thread, int first, int last, int count, int blockSize, Action<T, int, int> work)
    {
        var state = _states[thread] ??= create();
        for (var b = first; b < last; b++) work(state, b * blockSize, Math.Min(count, (b + 1) * blockSize));
    }
}

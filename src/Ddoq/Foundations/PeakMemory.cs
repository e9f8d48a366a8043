using System.Diagnostics;

namespace Ddoq.Foundations;

/// <summary>
/// The largest resident memory of this process while something ran. On Linux the kernel's mark is set back at the start, so that each piece of work has a peak of its own;
/// elsewhere it is the peak since the process began. Pieces may lie within one another, on one thread.
/// </summary>
public sealed class PeakMemory : IDisposable
{
    private const string Marks = "/proc/self/clear_refs", PeakMark = "5";

    private static PeakMemory? _current;

    private readonly PeakMemory? _outer;
    private long _bytes;

    private PeakMemory(PeakMemory? outer) => _outer = outer;

    /// <summary>Begins to watch.</summary>
    public static PeakMemory Watch()
    {
        _current?.Note(Read());
        Reset();
        return _current = new PeakMemory(_current);
    }

    /// <summary>The peak so far.</summary>
    public long Bytes
    {
        get
        {
            Note(Read());
            return _bytes;
        }
    }

    /// <summary>Ends the watch; what lies around it goes on with the larger of the peaks.</summary>
    public void Dispose()
    {
        _outer?.Note(Bytes);
        _current = _outer;
    }

    private void Note(long bytes) => _bytes = Math.Max(_bytes, bytes);

    private static long Read()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private static void Reset()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            File.WriteAllText(Marks, PeakMark);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A kernel that does not permit it: the peak is the process's.
        }
    }
}

using System.Globalization;

namespace Ddoq.Foundations;

/// <summary>What memory this process may still use.</summary>
public static class MachineMemory
{
    /// <summary>
    /// Bytes that are available without pushing others out: what the system reports, and no more than a container's limit leaves. The page cache counts as available.
    /// </summary>
    public static long Available()
    {
        var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var left = limit > 0 ? Math.Max(0, limit - Environment.WorkingSet) : long.MaxValue;
        return Math.Min(left, FromSystem("/proc/meminfo") ?? limit);
    }

    // Linux only; elsewhere the limit alone counts.
    private static long? FromSystem(string path)
    {
        if (!File.Exists(path)) return null;
        var line = File.ReadLines(path).FirstOrDefault(l => l.StartsWith("MemAvailable:", StringComparison.Ordinal));
        var words = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words is [_, var kilobytes, ..] && long.TryParse(kilobytes, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value * 1024 : null;
    }
}

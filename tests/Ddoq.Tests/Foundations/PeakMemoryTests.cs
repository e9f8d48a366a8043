using Ddoq.Foundations;

namespace Ddoq.Tests.Foundations;

/// <summary>On Linux, where each watch has a peak of its own.</summary>
public sealed class PeakMemoryTests
{
    private const int Large = 400_000_000;

    [Fact]
    public void Watch_OfAllocations_SeesEachAloneAndTheOuterAll()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Resets(), "the kernel's mark cannot be set back here");
        using var outer = PeakMemory.Watch();
        var calm = outer.Bytes;
        long peak;
        using (var inner = PeakMemory.Watch())
        {
            Touch(Large);
            peak = inner.Bytes;
        }
        Assert.InRange(peak, calm + Large / 2, long.MaxValue);
        using (var after = PeakMemory.Watch()) Assert.InRange(after.Bytes, 1, peak - Large / 2);
        Assert.InRange(outer.Bytes, peak, long.MaxValue);
    }

    private static unsafe void Touch(int bytes)
    {
        var memory = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc((nuint)bytes);
        for (var i = 0; i < bytes; i += 4096) memory[i] = 1;
        System.Runtime.InteropServices.NativeMemory.Free(memory); // as large as this it goes back at once
    }

    private static bool Resets()
    {
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

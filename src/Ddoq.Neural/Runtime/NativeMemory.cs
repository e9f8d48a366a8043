using System.Runtime.InteropServices;

namespace Ddoq.Neural.Runtime;

/// <summary>Settings of the C library that must stand before libtorch loads. Linux with glibc only; elsewhere nothing happens.</summary>
internal static partial class NativeMemory
{
    private const int TrimThreshold = -1, TopPad = -2, MmapThreshold = -3;

    /// <summary>
    /// glibc gives large tensors back to the kernel and faults them in again at each step; keeping them cuts the system
    /// time of a training loop by an order of magnitude. The limits stay far below memory: freed blocks are reused.
    /// </summary>
    public static void KeepFreedBlocks()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = mallopt(MmapThreshold, 1 << 30);
            _ = mallopt(TrimThreshold, 512 << 20);
            _ = mallopt(TopPad, 64 << 20);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no mallopt; only speed is lost.
        }
    }

    /// <summary>Gives freed blocks back to the system, before work of another kind whose blocks would not fit into them.</summary>
    public static void Trim()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = malloc_trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Not glibc: it keeps less.
        }
    }

    /// <summary>Sets a variable in the native environment, which libgomp reads when it loads, unless the user has set it.</summary>
    public static void SetDefault(string name, string value)
    {
        if (OperatingSystem.IsLinux()) _ = setenv(name, value, overwrite: 0);
    }

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}

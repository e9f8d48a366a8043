using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Ddoq.Neural.Runtime;

/// <summary>
/// Lets MKL use its AVX2 and AVX-512 kernels on AMD processors. MKL asks one function, mkl_serv_intel_cpu_true, whether
/// the processor is Intel's, and takes a slow generic path if not. The answer is rewritten in this process's memory
/// (mov eax, 1; ret) before MKL is first used. Files on disk are not touched. Decision 0003 has the figures.
/// </summary>
internal static unsafe partial class MklFastPath
{
    private const int ReadExecute = 1 | 4, ReadWriteExecute = 1 | 2 | 4;
    private static ReadOnlySpan<byte> ReturnOne => [0xB8, 1, 0, 0, 0, 0xC3];

    /// <summary>Applies the rewrite where it helps. Returns whether MKL now takes the fast path on this AMD processor.</summary>
    public static bool TryEnable(nint libtorch)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64) return false;
        if (Vendor() != "AuthenticAMD" || !Avx2.IsSupported) return false;
        return NativeLibrary.TryGetExport(libtorch, "mkl_serv_intel_cpu_true", out var function) && Rewrite((byte*)function);
    }

    private static bool Rewrite(byte* function)
    {
        var page = (nint)Environment.SystemPageSize;
        var start = (nint)function / page * page;
        var length = (nuint)(2 * page); // the six bytes may straddle two pages
        if (mprotect(start, length, ReadWriteExecute) != 0) return false; // a hardened kernel refuses: stay on the slow path
        ReturnOne.CopyTo(new Span<byte>(function, ReturnOne.Length));
        return mprotect(start, length, ReadExecute) == 0;
    }

    private static string Vendor()
    {
        var (_, b, c, d) = X86Base.CpuId(0, 0);
        Span<int> words = [b, d, c];
        return System.Text.Encoding.ASCII.GetString(MemoryMarshal.AsBytes(words));
    }

    [LibraryImport("libc")]
    private static partial int mprotect(nint address, nuint length, int protection);
}

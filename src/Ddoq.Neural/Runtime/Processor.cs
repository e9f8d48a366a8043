using System.Runtime.Intrinsics.X86;

namespace Ddoq.Neural.Runtime;

/// <summary>What the processor can do that decides how networks compute.</summary>
public static class Processor
{
    private const int Avx512BFloat16 = 1 << 5, AmxBFloat16 = 1 << 22;

    /// <summary>Whether it multiplies bfloat16 numbers itself (AVX512_BF16 or AMX). Without, bfloat16 is emulated and slower than float32.</summary>
    public static bool HasBFloat16 { get; } = X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7
        && ((X86Base.CpuId(7, 1).Eax & Avx512BFloat16) != 0 || (X86Base.CpuId(7, 0).Edx & AmxBFloat16) != 0);
}

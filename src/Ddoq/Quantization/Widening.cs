using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ddoq.Quantization;

/// <summary>Conversions between float32 and float64, element by element.</summary>
internal static class Widening
{
    public static void Convert(ReadOnlySpan<float> from, Span<double> to)
    {
        ref var f = ref MemoryMarshal.GetReference(from);
        ref var t = ref MemoryMarshal.GetReference(to[..from.Length]);
        var i = 0;
        for (; i + 8 <= from.Length; i += 8)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref f, (nuint)i));
            low.StoreUnsafe(ref t, (nuint)i);
            high.StoreUnsafe(ref t, (nuint)i + 4);
        }
        for (; i < from.Length; i++) to[i] = from[i];
    }

    public static void Narrow(ReadOnlySpan<double> from, Span<float> to)
    {
        ref var f = ref MemoryMarshal.GetReference(from);
        ref var t = ref MemoryMarshal.GetReference(to[..from.Length]);
        var i = 0;
        for (; i + 8 <= from.Length; i += 8)
            Vector256.Narrow(Vector256.LoadUnsafe(ref f, (nuint)i), Vector256.LoadUnsafe(ref f, (nuint)i + 4)).StoreUnsafe(ref t, (nuint)i);
        for (; i < from.Length; i++) to[i] = (float)from[i];
    }
}

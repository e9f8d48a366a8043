using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ddoq.Quantization;

/// <summary>Conversions between float32 and float64 and what goes with them, element by element.</summary>
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

    /// <summary>to = from - less.</summary>
    public static void Subtract(ReadOnlySpan<float> from, ReadOnlySpan<float> less, Span<float> to)
    {
        ref var f = ref MemoryMarshal.GetReference(from);
        ref var l = ref MemoryMarshal.GetReference(less[..from.Length]);
        ref var t = ref MemoryMarshal.GetReference(to[..from.Length]);
        var i = 0;
        for (; i + 16 <= from.Length; i += 16)
        {
            (Vector256.LoadUnsafe(ref f, (nuint)i) - Vector256.LoadUnsafe(ref l, (nuint)i)).StoreUnsafe(ref t, (nuint)i);
            (Vector256.LoadUnsafe(ref f, (nuint)i + 8) - Vector256.LoadUnsafe(ref l, (nuint)i + 8)).StoreUnsafe(ref t, (nuint)i + 8);
        }
        for (; i < from.Length; i++) to[i] = from[i] - less[i];
    }

    /// <summary>largest = max(largest, |values|); a NaN may be lost.</summary>
    public static void KeepLargest(ReadOnlySpan<float> values, Span<float> largest)
    {
        ref var v = ref MemoryMarshal.GetReference(values);
        ref var m = ref MemoryMarshal.GetReference(largest[..values.Length]);
        var i = 0;
        for (; i + 8 <= values.Length; i += 8)
            Vector256.MaxNative(Vector256.LoadUnsafe(ref m, (nuint)i), Vector256.Abs(Vector256.LoadUnsafe(ref v, (nuint)i))).StoreUnsafe(ref m, (nuint)i);
        for (; i < values.Length; i++) largest[i] = MathF.MaxMagnitude(largest[i], MathF.Abs(values[i]));
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

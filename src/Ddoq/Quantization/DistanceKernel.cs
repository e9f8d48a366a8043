using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ddoq.Quantization;

/// <summary>
/// Squared Euclidean distances, written as differences (no |x|^2 - 2xc + |c|^2, whose cancellation would blur near ties). The order of every addition is fixed, so
/// that the result has the same bits on every processor; scalar twins repeat it without vectors as oracles. Float64 decides between centroids. Float32, for
/// neighbours among samples, runs in 8 lanes over stretches of <see cref="Stretch"/> elements, and sums lanes pairwise, stretches in float64.
/// </summary>
internal static class DistanceKernel
{
    private const int Lanes = 8;

    /// <summary>Float32 sums run over at most this many elements, which bounds their rounding error for large D.</summary>
    public const int Stretch = 1024;

    /// <summary>Largest relative error of one rounding to float32.</summary>
    public const double Rounding = 1.0 / (1 << 24);

    /// <summary>|x - c|^2 in float64: 16 lanes of fused multiply-adds, lanes summed in a written-out order. What decides between centroids.</summary>
    public static double SquaredDistance(ReadOnlySpan<double> x, ReadOnlySpan<double> c)
    {
        ref var px = ref MemoryMarshal.GetReference(x);
        ref var pc = ref MemoryMarshal.GetReference(c);
        Vector256<double> s0 = default, s1 = default, s2 = default, s3 = default;
        var whole = x.Length & ~15;
        for (var i = 0; i < whole; i += 16)
        {
            Vector256<double> d0 = Load(ref px, i) - Load(ref pc, i), d1 = Load(ref px, i + 4) - Load(ref pc, i + 4);
            Vector256<double> d2 = Load(ref px, i + 8) - Load(ref pc, i + 8), d3 = Load(ref px, i + 12) - Load(ref pc, i + 12);
            s0 = Vector256.FusedMultiplyAdd(d0, d0, s0);
            s1 = Vector256.FusedMultiplyAdd(d1, d1, s1);
            s2 = Vector256.FusedMultiplyAdd(d2, d2, s2);
            s3 = Vector256.FusedMultiplyAdd(d3, d3, s3);
        }
        var total = Sum(s0 + s1 + (s2 + s3));
        for (var i = whole; i < x.Length; i++) total += (x[i] - c[i]) * (x[i] - c[i]);
        return total;
    }

    /// <summary>The same sum, bit for bit, for a row of float32.</summary>
    public static double SquaredDistance(ReadOnlySpan<float> x, ReadOnlySpan<double> c)
    {
        ref var px = ref MemoryMarshal.GetReference(x);
        ref var pc = ref MemoryMarshal.GetReference(c[..x.Length]);
        Vector256<double> s0 = default, s1 = default, s2 = default, s3 = default;
        var whole = x.Length & ~15;
        for (var i = 0; i < whole; i += 16)
        {
            Vector256<double> d0 = Wide(ref px, i) - Load(ref pc, i), d1 = Wide(ref px, i + 4) - Load(ref pc, i + 4);
            Vector256<double> d2 = Wide(ref px, i + 8) - Load(ref pc, i + 8), d3 = Wide(ref px, i + 12) - Load(ref pc, i + 12);
            s0 = Vector256.FusedMultiplyAdd(d0, d0, s0);
            s1 = Vector256.FusedMultiplyAdd(d1, d1, s1);
            s2 = Vector256.FusedMultiplyAdd(d2, d2, s2);
            s3 = Vector256.FusedMultiplyAdd(d3, d3, s3);
        }
        var total = Sum(s0 + s1 + (s2 + s3));
        for (var i = whole; i < x.Length; i++) total += (x[i] - c[i]) * (x[i] - c[i]);
        return total;
    }

    /// <summary>The same sum without vectors: the test oracle, bit for bit.</summary>
    public static double SquaredDistanceScalar(ReadOnlySpan<double> x, ReadOnlySpan<double> c)
    {
        Span<double> s = stackalloc double[16];
        s.Clear();
        var whole = x.Length & ~15;
        for (var i = 0; i < whole; i++) s[i % 16] = Math.FusedMultiplyAdd(x[i] - c[i], x[i] - c[i], s[i % 16]);
        for (var lane = 0; lane < 4; lane++) s[lane] = s[lane] + s[lane + 4] + (s[lane + 8] + s[lane + 12]);
        var total = s[0] + s[2] + (s[1] + s[3]);
        for (var i = whole; i < x.Length; i++) total += (x[i] - c[i]) * (x[i] - c[i]);
        return total;
    }

    /// <summary>|x|^2 in float64.</summary>
    public static double SquaredNorm(ReadOnlySpan<float> x) => Product(x, x);

    /// <summary>ab in float64.</summary>
    public static double Product(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ref var pa = ref MemoryMarshal.GetReference(a);
        ref var pb = ref MemoryMarshal.GetReference(b[..a.Length]);
        Vector256<double> s0 = default, s1 = default;
        var whole = a.Length & ~7;
        for (var i = 0; i < whole; i += 8)
        {
            var (low, high) = Vector256.Widen(Load(ref pa, i));
            var (lowOther, highOther) = Vector256.Widen(Load(ref pb, i));
            s0 = Vector256.FusedMultiplyAdd(low, lowOther, s0);
            s1 = Vector256.FusedMultiplyAdd(high, highOther, s1);
        }
        var total = Sum(s0 + s1);
        for (var i = whole; i < a.Length; i++) total += (double)a[i] * b[i];
        return total;
    }

    /// <summary>|x - c|^2 in float32.</summary>
    public static double SquaredDistance(ReadOnlySpan<float> x, ReadOnlySpan<float> c)
    {
        ref var px = ref MemoryMarshal.GetReference(x);
        ref var pc = ref MemoryMarshal.GetReference(c);
        var total = 0.0;
        var whole = x.Length & ~(Lanes - 1);
        for (var start = 0; start < whole; start += Stretch)
        {
            var sum = Vector256<float>.Zero;
            var end = Math.Min(whole, start + Stretch);
            for (var i = start; i < end; i += Lanes)
            {
                var d = Load(ref px, i) - Load(ref pc, i);
                sum = Vector256.FusedMultiplyAdd(d, d, sum);
            }
            total += Sum(sum);
        }
        for (var i = whole; i < x.Length; i++) total += Square(x[i], c[i]);
        return total;
    }

    /// <summary>Nearly |x - c|^2, quickly: its relative error is at most <see cref="NearlyError"/>, beside what squares too small for float32 lose, <see cref="float.Epsilon"/> each at most.</summary>
    public static double NearlySquaredDistance(ReadOnlySpan<float> x, ReadOnlySpan<float> c)
    {
        ref var px = ref MemoryMarshal.GetReference(x);
        ref var pc = ref MemoryMarshal.GetReference(c[..x.Length]);
        var total = 0.0;
        var whole = x.Length & ~(4 * Lanes - 1);
        for (var start = 0; start < whole; start += Stretch)
        {
            Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default;
            var end = Math.Min(whole, start + Stretch);
            for (var i = start; i < end; i += 4 * Lanes)
            {
                Vector256<float> d0 = Load(ref px, i) - Load(ref pc, i), d1 = Load(ref px, i + 8) - Load(ref pc, i + 8);
                Vector256<float> d2 = Load(ref px, i + 16) - Load(ref pc, i + 16), d3 = Load(ref px, i + 24) - Load(ref pc, i + 24);
                s0 = Vector256.FusedMultiplyAdd(d0, d0, s0);
                s1 = Vector256.FusedMultiplyAdd(d1, d1, s1);
                s2 = Vector256.FusedMultiplyAdd(d2, d2, s2);
                s3 = Vector256.FusedMultiplyAdd(d3, d3, s3);
            }
            total += Sum(s0 + s1 + (s2 + s3));
        }
        for (var i = whole; i < x.Length; i++) total += Square(x[i], c[i]);
        return total;
    }

    /// <summary>Bound of the relative error of <see cref="NearlySquaredDistance"/>: each difference is rounded once and squared, each lane adds up 1024 / 32 squares, and five more additions join the lanes.</summary>
    public const double NearlyError = 1.01 * (2 + 1 + (Stretch / (4 * Lanes)) + 5) * Rounding;

    /// <summary>|x - c|^2 of <see cref="FixedPointRows"/>, exact.</summary>
    public static long SquaredDistance(ReadOnlySpan<short> x, ReadOnlySpan<short> c)
    {
        const int width = FixedPointRows.Lanes;
        ref var px = ref MemoryMarshal.GetReference(x);
        ref var pc = ref MemoryMarshal.GetReference(c[..x.Length]);
        var total = Vector256<long>.Zero;
        for (var start = 0; start < x.Length; start += 16 * width)
        {
            Vector256<int> s0 = default, s1 = default, s2 = default, s3 = default;
            var end = Math.Min(x.Length, start + 16 * width);
            var i = start;
            for (; i + 4 * width <= end; i += 4 * width)
            {
                s0 += SquaredPairs(ref px, ref pc, i);
                s1 += SquaredPairs(ref px, ref pc, i + width);
                s2 += SquaredPairs(ref px, ref pc, i + 2 * width);
                s3 += SquaredPairs(ref px, ref pc, i + 3 * width);
            }
            for (; i < end; i += width) s0 += SquaredPairs(ref px, ref pc, i);
            var (low, high) = Vector256.Widen(s0 + s1 + (s2 + s3));
            total += low + high;
        }
        return Vector256.Sum(total);
    }

    /// <summary>|x - c_k|^2 for four centroids that lie one after another: each value of x is loaded once.</summary>
    /// <param name="x">D floats.</param>
    /// <param name="centroids">4 x D.</param>
    /// <param name="distances">4 results.</param>
    public static void FourSquaredDistances(ReadOnlySpan<float> x, ReadOnlySpan<float> centroids, Span<double> distances)
    {
        var dimension = x.Length;
        ref var px = ref MemoryMarshal.GetReference(x);
        ref var p0 = ref MemoryMarshal.GetReference(centroids);
        ref var p1 = ref Unsafe.Add(ref p0, dimension);
        ref var p2 = ref Unsafe.Add(ref p1, dimension);
        ref var p3 = ref Unsafe.Add(ref p2, dimension);
        double t0 = 0, t1 = 0, t2 = 0, t3 = 0;
        var whole = dimension & ~(Lanes - 1);
        for (var start = 0; start < whole; start += Stretch)
        {
            Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default;
            var end = Math.Min(whole, start + Stretch);
            for (var i = start; i < end; i += Lanes)
            {
                var v = Load(ref px, i);
                Vector256<float> d0 = v - Load(ref p0, i), d1 = v - Load(ref p1, i), d2 = v - Load(ref p2, i), d3 = v - Load(ref p3, i);
                s0 = Vector256.FusedMultiplyAdd(d0, d0, s0);
                s1 = Vector256.FusedMultiplyAdd(d1, d1, s1);
                s2 = Vector256.FusedMultiplyAdd(d2, d2, s2);
                s3 = Vector256.FusedMultiplyAdd(d3, d3, s3);
            }
            t0 += Sum(s0);
            t1 += Sum(s1);
            t2 += Sum(s2);
            t3 += Sum(s3);
        }
        for (var i = whole; i < dimension; i++)
        {
            t0 += Square(x[i], Unsafe.Add(ref p0, i));
            t1 += Square(x[i], Unsafe.Add(ref p1, i));
            t2 += Square(x[i], Unsafe.Add(ref p2, i));
            t3 += Square(x[i], Unsafe.Add(ref p3, i));
        }
        distances[0] = t0;
        distances[1] = t1;
        distances[2] = t2;
        distances[3] = t3;
    }

    /// <summary>|x - c_k|^2 for all centroids.</summary>
    /// <param name="x">D floats.</param>
    /// <param name="centroids">K x D.</param>
    /// <param name="distances">K results.</param>
    public static void SquaredDistances(ReadOnlySpan<float> x, ReadOnlySpan<float> centroids, Span<double> distances)
    {
        var (dimension, k) = (x.Length, 0);
        for (; k + 4 <= distances.Length; k += 4) FourSquaredDistances(x, centroids.Slice(k * dimension, 4 * dimension), distances.Slice(k, 4));
        for (; k < distances.Length; k++) distances[k] = SquaredDistance(x, centroids.Slice(k * dimension, dimension));
    }

    /// <summary>The same sum as <see cref="SquaredDistance(ReadOnlySpan{float}, ReadOnlySpan{float})"/>, lane by lane without vectors: the test oracle, bit for bit.</summary>
    public static double SquaredDistanceScalar(ReadOnlySpan<float> x, ReadOnlySpan<float> c)
    {
        var total = 0.0;
        var whole = x.Length & ~(Lanes - 1);
        Span<float> s = stackalloc float[Lanes];
        for (var start = 0; start < whole; start += Stretch)
        {
            s.Clear();
            for (var i = start; i < Math.Min(whole, start + Stretch); i++)
                s[i % Lanes] = MathF.FusedMultiplyAdd(x[i] - c[i], x[i] - c[i], s[i % Lanes]);
            total += (s[0] + s[4] + (s[1] + s[5])) + (s[2] + s[6] + (s[3] + s[7]));
        }
        for (var i = whole; i < x.Length; i++) total += Square(x[i], c[i]);
        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Load(ref float start, int index) => Vector256.LoadUnsafe(ref start, (nuint)index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Load(ref double start, int index) => Vector256.LoadUnsafe(ref start, (nuint)index);

    // Sums of two squared differences each; which two does not matter.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> SquaredPairs(ref short x, ref short c, int index)
    {
        var d = Vector256.LoadUnsafe(ref x, (nuint)index) - Vector256.LoadUnsafe(ref c, (nuint)index);
        if (Avx2.IsSupported) return Avx2.MultiplyAddAdjacent(d, d);
        var (low, high) = Vector256.Widen(d);
        return low * low + high * high;
    }

    // On x86 one conversion from memory.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Wide(ref float start, int index) =>
        Avx.IsSupported ? Avx.ConvertToVector256Double(Vector128.LoadUnsafe(ref start, (nuint)index)) : Vector256.Widen(Vector256.Create(Vector128.LoadUnsafe(ref start, (nuint)index), default)).Lower;

    private static double Sum(Vector256<double> v) => v[0] + v[2] + (v[1] + v[3]);

    // The order of additions is spelt out: Vector256.Sum leaves it to the processor.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(Vector256<float> v)
    {
        var half = v.GetLower() + v.GetUpper();
        return half[0] + half[1] + (half[2] + half[3]);
    }

    private static double Square(float x, float c)
    {
        var d = (double)x - c;
        return d * d;
    }
}

using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ddoq.Quantization;

/// <summary>Squared distances of samples to centroids in float64, computed where they are asked for. Safe from several threads.</summary>
/// <param name="samples">N x D.</param>
/// <param name="centroids">K x D.</param>
internal sealed class PairCosts(Samples samples, double[] centroids)
{
    private const int Lanes = 4;

    public Samples Samples => samples;

    /// <summary>K.</summary>
    public int Count { get; } = centroids.Length / samples.Dimension;

    /// <summary>Fills in K squared distances of one sample.</summary>
    /// <param name="row">Sample.</param>
    /// <param name="buffer">Work space for D numbers.</param>
    /// <param name="costs">K results.</param>
    public void Read(int row, double[] buffer, Span<double> costs)
    {
        samples.Read(row, 0, buffer);
        for (var k = 0; k < costs.Length; k++) costs[k] = SquaredDistance(buffer, centroids.AsSpan(k * buffer.Length, buffer.Length));
    }

    /// <summary>|x - c|^2, summed in 8 lanes that are added in a written-out order: the same bits on every machine.</summary>
    public static double SquaredDistance(ReadOnlySpan<double> x, ReadOnlySpan<double> c)
    {
        ref var px = ref MemoryMarshal.GetReference(x);
        ref var pc = ref MemoryMarshal.GetReference(c);
        Vector256<double> first = default, second = default;
        var whole = x.Length & ~(2 * Lanes - 1);
        for (var i = 0; i < whole; i += 2 * Lanes)
        {
            var d0 = Vector256.LoadUnsafe(ref px, (nuint)i) - Vector256.LoadUnsafe(ref pc, (nuint)i);
            var d1 = Vector256.LoadUnsafe(ref px, (nuint)(i + Lanes)) - Vector256.LoadUnsafe(ref pc, (nuint)(i + Lanes));
            first = Vector256.FusedMultiplyAdd(d0, d0, first);
            second = Vector256.FusedMultiplyAdd(d1, d1, second);
        }
        var sum = first + second;
        var total = sum[0] + sum[2] + (sum[1] + sum[3]);
        for (var i = whole; i < x.Length; i++) total += (x[i] - c[i]) * (x[i] - c[i]);
        return total;
    }
}

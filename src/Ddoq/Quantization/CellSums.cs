using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ddoq.Quantization;

/// <summary>
/// Weighted sums of the samples of each cell, in float64. Threads share the dimensions, not the samples: every sum is
/// formed in sample order, so its bits do not depend on how many threads there are.
/// </summary>
internal static class CellSums
{
    private const int SliceSize = 256;

    /// <param name="samples">N x D.</param>
    /// <param name="labels">Cell of each sample.</param>
    /// <param name="sums">K x D, overwritten.</param>
    /// <param name="threads">Threads to use.</param>
    public static void Compute(SampleMatrix samples, ReadOnlySpan<int> labels, double[] sums, int threads)
    {
        Array.Clear(sums);
        var cells = labels.ToArray();
        var slice = threads == 1 ? samples.Dimension : SliceSize;
        FixedBlocks.Run(samples.Dimension, slice, threads, (start, end) =>
        {
            for (var i = 0; i < cells.Length; i++)
                Add(samples.Row(i)[start..end], samples.WeightOf(i), sums.AsSpan(cells[i] * samples.Dimension + start, end - start));
        });
    }

    private static void Add(ReadOnlySpan<float> x, double weight, Span<double> sum)
    {
        ref var px = ref MemoryMarshal.GetReference(x);
        ref var ps = ref MemoryMarshal.GetReference(sum);
        var w = Vector256.Create(weight);
        var i = 0;
        for (; i + 8 <= x.Length; i += 8)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref px, (nuint)i));
            (Vector256.LoadUnsafe(ref ps, (nuint)i) + w * low).StoreUnsafe(ref ps, (nuint)i);
            (Vector256.LoadUnsafe(ref ps, (nuint)i + 4) + w * high).StoreUnsafe(ref ps, (nuint)i + 4);
        }
        for (; i < x.Length; i++) sum[i] += weight * x[i];
    }
}

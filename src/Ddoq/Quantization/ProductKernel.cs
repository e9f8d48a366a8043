using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ddoq.Quantization;

/// <summary>
/// Scalar products of a few rows with a panel of <see cref="PanelWidth"/> centroids, the inner loop of everything here. Each product is one chain of fused
/// multiply-adds over the stretch, in order, added to the score at its end; so its bits do not depend on the width of the processor's vectors, nor on
/// which rows share a tile.
/// </summary>
internal static unsafe class ProductKernel
{
    /// <summary>Centroids of one panel; they lie interleaved, so that one load takes them all.</summary>
    public const int PanelWidth = 16;

    /// <summary>Longest stretch of dimensions: a panel's stretch (16 KiB) and a tile's rows stay in the first-level cache.</summary>
    public const int Stretch = 256;

    /// <summary>Floats in a line of the cache.</summary>
    public const int CacheLine = 16;

    /// <summary>Equal stretches, the last one a little shorter: none is so short that its overhead shows.</summary>
    public static int StretchOf(int dimension) => (dimension + Stretches(dimension) - 1) / Stretches(dimension);

    /// <summary>Floats from one row of a block to the next: a stretch in whole cache lines. Gaps between rows would map them all to a few sets of the cache.</summary>
    public static int PitchOf(int dimension) => (StretchOf(dimension) + CacheLine - 1) / CacheLine * CacheLine;

    /// <summary>Number of stretches of D dimensions.</summary>
    public static int Stretches(int dimension) => (dimension + Stretch - 1) / Stretch;

    /// <summary>Whether that many centroids fit the lower half of a panel and the processor gains by leaving out the upper one.</summary>
    public static bool IsNarrow(int count) => count <= PanelWidth / 2 && !Vector512.IsHardwareAccelerated;

    /// <summary>Rows of one tile: as many sums as the processor has registers for.</summary>
    public static int TileRows(bool narrow) => narrow || Vector512.IsHardwareAccelerated ? 12 : 6;

    /// <summary>Whether two neighbouring panels that want the same rows should share one pass, <see cref="AddTwelveByTwo"/>.</summary>
    public static bool TakesTwoPanels => Vector512.IsHardwareAccelerated;

    /// <summary>scores[row, 0..16) += rows . panel for the rows of one tile.</summary>
    /// <param name="narrow">Whether only the lower 8 centroids are wanted.</param>
    /// <param name="block">Rows, of which <paramref name="length"/> floats count.</param>
    /// <param name="pitch">Floats from one row of the block to the next.</param>
    /// <param name="rows">Row numbers of one tile within the block; the same row twice counts twice.</param>
    /// <param name="panel">length x 16.</param>
    /// <param name="length">Dimensions of the stretch.</param>
    /// <param name="scores">The panel's first column of the score matrix.</param>
    /// <param name="stride">Floats from one row of scores to the next.</param>
    public static void Add(bool narrow, float* block, int pitch, int* rows, float* panel, int length, float* scores, int stride)
    {
        if (narrow) AddTwelveNarrow(block, pitch, rows, panel, length, scores, stride);
        else if (Vector512.IsHardwareAccelerated) AddTwelve(block, pitch, rows, panel, length, scores, stride);
        else AddSix(block, pitch, rows, panel, length, scores, stride);
    }

    /// <summary>Six rows by two vectors of 8: 12 sums, 2 loads and a broadcast fill the 16 registers of AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddSix(float* block, int pitch, int* rows, float* panel, int length, float* scores, int stride)
    {
        float* a0 = block + rows[0] * pitch, a1 = block + rows[1] * pitch, a2 = block + rows[2] * pitch;
        float* a3 = block + rows[3] * pitch, a4 = block + rows[4] * pitch, a5 = block + rows[5] * pitch;
        Vector256<float> s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default;
        Vector256<float> s30 = default, s31 = default, s40 = default, s41 = default, s50 = default, s51 = default;
        for (nint k = 0; k < length; k++)
        {
            Vector256<float> low = Vector256.Load(panel), high = Vector256.Load(panel + 8);
            panel += PanelWidth;
            var x = Vector256.Create(a0[k]);
            s00 = Vector256.FusedMultiplyAdd(x, low, s00);
            s01 = Vector256.FusedMultiplyAdd(x, high, s01);
            x = Vector256.Create(a1[k]);
            s10 = Vector256.FusedMultiplyAdd(x, low, s10);
            s11 = Vector256.FusedMultiplyAdd(x, high, s11);
            x = Vector256.Create(a2[k]);
            s20 = Vector256.FusedMultiplyAdd(x, low, s20);
            s21 = Vector256.FusedMultiplyAdd(x, high, s21);
            x = Vector256.Create(a3[k]);
            s30 = Vector256.FusedMultiplyAdd(x, low, s30);
            s31 = Vector256.FusedMultiplyAdd(x, high, s31);
            x = Vector256.Create(a4[k]);
            s40 = Vector256.FusedMultiplyAdd(x, low, s40);
            s41 = Vector256.FusedMultiplyAdd(x, high, s41);
            x = Vector256.Create(a5[k]);
            s50 = Vector256.FusedMultiplyAdd(x, low, s50);
            s51 = Vector256.FusedMultiplyAdd(x, high, s51);
        }
        Put(scores + rows[0] * (nint)stride, s00, s01);
        Put(scores + rows[1] * (nint)stride, s10, s11);
        Put(scores + rows[2] * (nint)stride, s20, s21);
        Put(scores + rows[3] * (nint)stride, s30, s31);
        Put(scores + rows[4] * (nint)stride, s40, s41);
        Put(scores + rows[5] * (nint)stride, s50, s51);
    }

    /// <summary>Twelve rows by one vector of 16, for processors with 32 registers of 512 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddTwelve(float* block, int pitch, int* rows, float* panel, int length, float* scores, int stride)
    {
        float* a0 = block + rows[0] * pitch, a1 = block + rows[1] * pitch, a2 = block + rows[2] * pitch, a3 = block + rows[3] * pitch;
        float* a4 = block + rows[4] * pitch, a5 = block + rows[5] * pitch, a6 = block + rows[6] * pitch, a7 = block + rows[7] * pitch;
        float* a8 = block + rows[8] * pitch, a9 = block + rows[9] * pitch, a10 = block + rows[10] * pitch, a11 = block + rows[11] * pitch;
        Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default;
        Vector512<float> s6 = default, s7 = default, s8 = default, s9 = default, s10 = default, s11 = default;
        for (nint k = 0; k < length; k++)
        {
            var c = Vector512.Load(panel);
            panel += PanelWidth;
            s0 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[k]), c, s0);
            s1 = Vector512.FusedMultiplyAdd(Vector512.Create(a1[k]), c, s1);
            s2 = Vector512.FusedMultiplyAdd(Vector512.Create(a2[k]), c, s2);
            s3 = Vector512.FusedMultiplyAdd(Vector512.Create(a3[k]), c, s3);
            s4 = Vector512.FusedMultiplyAdd(Vector512.Create(a4[k]), c, s4);
            s5 = Vector512.FusedMultiplyAdd(Vector512.Create(a5[k]), c, s5);
            s6 = Vector512.FusedMultiplyAdd(Vector512.Create(a6[k]), c, s6);
            s7 = Vector512.FusedMultiplyAdd(Vector512.Create(a7[k]), c, s7);
            s8 = Vector512.FusedMultiplyAdd(Vector512.Create(a8[k]), c, s8);
            s9 = Vector512.FusedMultiplyAdd(Vector512.Create(a9[k]), c, s9);
            s10 = Vector512.FusedMultiplyAdd(Vector512.Create(a10[k]), c, s10);
            s11 = Vector512.FusedMultiplyAdd(Vector512.Create(a11[k]), c, s11);
        }
        Put(scores + rows[0] * (nint)stride, s0);
        Put(scores + rows[1] * (nint)stride, s1);
        Put(scores + rows[2] * (nint)stride, s2);
        Put(scores + rows[3] * (nint)stride, s3);
        Put(scores + rows[4] * (nint)stride, s4);
        Put(scores + rows[5] * (nint)stride, s5);
        Put(scores + rows[6] * (nint)stride, s6);
        Put(scores + rows[7] * (nint)stride, s7);
        Put(scores + rows[8] * (nint)stride, s8);
        Put(scores + rows[9] * (nint)stride, s9);
        Put(scores + rows[10] * (nint)stride, s10);
        Put(scores + rows[11] * (nint)stride, s11);
    }

    /// <summary>Twelve rows by two panels, for processors with 32 registers of 512 bits: with one, loads would take longer than multiplications.</summary>
    /// <param name="block">Rows, of which <paramref name="length"/> floats count.</param>
    /// <param name="pitch">Floats from one row of the block to the next.</param>
    /// <param name="rows">Row numbers of one tile within the block.</param>
    /// <param name="panels">Two panels one after the other, each length x 16.</param>
    /// <param name="length">Dimensions of the stretch.</param>
    /// <param name="scores">The first panel's first column of the score matrix; the second panel's columns follow.</param>
    /// <param name="stride">Floats from one row of scores to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddTwelveByTwo(float* block, int pitch, int* rows, float* panels, int length, float* scores, int stride)
    {
        float* a0 = block + rows[0] * pitch, a1 = block + rows[1] * pitch, a2 = block + rows[2] * pitch, a3 = block + rows[3] * pitch;
        float* a4 = block + rows[4] * pitch, a5 = block + rows[5] * pitch, a6 = block + rows[6] * pitch, a7 = block + rows[7] * pitch;
        float* a8 = block + rows[8] * pitch, a9 = block + rows[9] * pitch, a10 = block + rows[10] * pitch, a11 = block + rows[11] * pitch;
        var next = panels + length * PanelWidth;
        Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default;
        Vector512<float> s6 = default, s7 = default, s8 = default, s9 = default, s10 = default, s11 = default;
        Vector512<float> t0 = default, t1 = default, t2 = default, t3 = default, t4 = default, t5 = default;
        Vector512<float> t6 = default, t7 = default, t8 = default, t9 = default, t10 = default, t11 = default;
        for (nint k = 0; k < length; k++)
        {
            Vector512<float> c = Vector512.Load(panels), d = Vector512.Load(next);
            panels += PanelWidth;
            next += PanelWidth;
            var x = Vector512.Create(a0[k]);
            s0 = Vector512.FusedMultiplyAdd(x, c, s0);
            t0 = Vector512.FusedMultiplyAdd(x, d, t0);
            x = Vector512.Create(a1[k]);
            s1 = Vector512.FusedMultiplyAdd(x, c, s1);
            t1 = Vector512.FusedMultiplyAdd(x, d, t1);
            x = Vector512.Create(a2[k]);
            s2 = Vector512.FusedMultiplyAdd(x, c, s2);
            t2 = Vector512.FusedMultiplyAdd(x, d, t2);
            x = Vector512.Create(a3[k]);
            s3 = Vector512.FusedMultiplyAdd(x, c, s3);
            t3 = Vector512.FusedMultiplyAdd(x, d, t3);
            x = Vector512.Create(a4[k]);
            s4 = Vector512.FusedMultiplyAdd(x, c, s4);
            t4 = Vector512.FusedMultiplyAdd(x, d, t4);
            x = Vector512.Create(a5[k]);
            s5 = Vector512.FusedMultiplyAdd(x, c, s5);
            t5 = Vector512.FusedMultiplyAdd(x, d, t5);
            x = Vector512.Create(a6[k]);
            s6 = Vector512.FusedMultiplyAdd(x, c, s6);
            t6 = Vector512.FusedMultiplyAdd(x, d, t6);
            x = Vector512.Create(a7[k]);
            s7 = Vector512.FusedMultiplyAdd(x, c, s7);
            t7 = Vector512.FusedMultiplyAdd(x, d, t7);
            x = Vector512.Create(a8[k]);
            s8 = Vector512.FusedMultiplyAdd(x, c, s8);
            t8 = Vector512.FusedMultiplyAdd(x, d, t8);
            x = Vector512.Create(a9[k]);
            s9 = Vector512.FusedMultiplyAdd(x, c, s9);
            t9 = Vector512.FusedMultiplyAdd(x, d, t9);
            x = Vector512.Create(a10[k]);
            s10 = Vector512.FusedMultiplyAdd(x, c, s10);
            t10 = Vector512.FusedMultiplyAdd(x, d, t10);
            x = Vector512.Create(a11[k]);
            s11 = Vector512.FusedMultiplyAdd(x, c, s11);
            t11 = Vector512.FusedMultiplyAdd(x, d, t11);
        }
        Put(scores + rows[0] * (nint)stride, s0, t0);
        Put(scores + rows[1] * (nint)stride, s1, t1);
        Put(scores + rows[2] * (nint)stride, s2, t2);
        Put(scores + rows[3] * (nint)stride, s3, t3);
        Put(scores + rows[4] * (nint)stride, s4, t4);
        Put(scores + rows[5] * (nint)stride, s5, t5);
        Put(scores + rows[6] * (nint)stride, s6, t6);
        Put(scores + rows[7] * (nint)stride, s7, t7);
        Put(scores + rows[8] * (nint)stride, s8, t8);
        Put(scores + rows[9] * (nint)stride, s9, t9);
        Put(scores + rows[10] * (nint)stride, s10, t10);
        Put(scores + rows[11] * (nint)stride, s11, t11);
    }

    /// <summary>Twelve rows by one vector of 8, the lower half of the panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddTwelveNarrow(float* block, int pitch, int* rows, float* panel, int length, float* scores, int stride)
    {
        float* a0 = block + rows[0] * pitch, a1 = block + rows[1] * pitch, a2 = block + rows[2] * pitch, a3 = block + rows[3] * pitch;
        float* a4 = block + rows[4] * pitch, a5 = block + rows[5] * pitch, a6 = block + rows[6] * pitch, a7 = block + rows[7] * pitch;
        float* a8 = block + rows[8] * pitch, a9 = block + rows[9] * pitch, a10 = block + rows[10] * pitch, a11 = block + rows[11] * pitch;
        Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default;
        Vector256<float> s6 = default, s7 = default, s8 = default, s9 = default, s10 = default, s11 = default;
        for (nint k = 0; k < length; k++)
        {
            var c = Vector256.Load(panel);
            panel += PanelWidth;
            s0 = Vector256.FusedMultiplyAdd(Vector256.Create(a0[k]), c, s0);
            s1 = Vector256.FusedMultiplyAdd(Vector256.Create(a1[k]), c, s1);
            s2 = Vector256.FusedMultiplyAdd(Vector256.Create(a2[k]), c, s2);
            s3 = Vector256.FusedMultiplyAdd(Vector256.Create(a3[k]), c, s3);
            s4 = Vector256.FusedMultiplyAdd(Vector256.Create(a4[k]), c, s4);
            s5 = Vector256.FusedMultiplyAdd(Vector256.Create(a5[k]), c, s5);
            s6 = Vector256.FusedMultiplyAdd(Vector256.Create(a6[k]), c, s6);
            s7 = Vector256.FusedMultiplyAdd(Vector256.Create(a7[k]), c, s7);
            s8 = Vector256.FusedMultiplyAdd(Vector256.Create(a8[k]), c, s8);
            s9 = Vector256.FusedMultiplyAdd(Vector256.Create(a9[k]), c, s9);
            s10 = Vector256.FusedMultiplyAdd(Vector256.Create(a10[k]), c, s10);
            s11 = Vector256.FusedMultiplyAdd(Vector256.Create(a11[k]), c, s11);
        }
        Put(scores + rows[0] * (nint)stride, s0);
        Put(scores + rows[1] * (nint)stride, s1);
        Put(scores + rows[2] * (nint)stride, s2);
        Put(scores + rows[3] * (nint)stride, s3);
        Put(scores + rows[4] * (nint)stride, s4);
        Put(scores + rows[5] * (nint)stride, s5);
        Put(scores + rows[6] * (nint)stride, s6);
        Put(scores + rows[7] * (nint)stride, s7);
        Put(scores + rows[8] * (nint)stride, s8);
        Put(scores + rows[9] * (nint)stride, s9);
        Put(scores + rows[10] * (nint)stride, s10);
        Put(scores + rows[11] * (nint)stride, s11);
    }

    /// <summary>The same without vectors: the test oracle, bit for bit.</summary>
    public static void AddScalar(float* block, int pitch, int row, float* panel, int length, float* scores, int stride)
    {
        for (var c = 0; c < PanelWidth; c++)
        {
            var sum = 0f;
            for (var k = 0; k < length; k++) sum = MathF.FusedMultiplyAdd(block[row * pitch + k], panel[k * PanelWidth + c], sum);
            scores[row * (nint)stride + c] += sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* score, Vector256<float> low, Vector256<float> high)
    {
        (Vector256.Load(score) + low).Store(score);
        (Vector256.Load(score + 8) + high).Store(score + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* score, Vector256<float> sum) => (Vector256.Load(score) + sum).Store(score);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* score, Vector512<float> sum) => (Vector512.Load(score) + sum).Store(score);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* score, Vector512<float> low, Vector512<float> high)
    {
        Put(score, low);
        Put(score + PanelWidth, high);
    }
}

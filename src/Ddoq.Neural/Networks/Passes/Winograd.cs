using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ddoq.Neural.Networks.Passes;

/// <summary>
/// The transforms of Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray 2016): a 3x3 convolution is y = A^T [(G g G^T) * (B^T d B)] A on patches d of 6x6 pixels that give tiles y of 4x4,
/// with a quarter of the products of the definition, all of them in 36 matrix products. Channels lie innermost, so that every step is one on vectors of <see cref="Lanes"/> channels.
/// The adjoints give the exact gradients of that formula.
/// </summary>
internal static unsafe class Winograd
{
    /// <summary>Side of a tile of the output.</summary>
    public const int Tile = 4;

    /// <summary>Matrix products: numbers of a patch.</summary>
    public const int Points = Patch * Patch;

    /// <summary>Channels that are handled at once; their number must be a multiple.</summary>
    public const int Lanes = 8;

    private const int Patch = 6, Filter = 3, Row = Patch * Lanes;

    /// <summary>V = B^T d B for all patches of an image.</summary>
    /// <param name="x">(H + 2) x (W + 2) x C: the image with a frame of zeros.</param>
    /// <param name="height">H, a multiple of 4.</param>
    /// <param name="width">W, a multiple of 4.</param>
    /// <param name="channels">C.</param>
    /// <param name="v">36 planes of tiles x C; this image's first tile.</param>
    /// <param name="plane">Numbers from one plane to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input(float* x, int height, int width, int channels, float* v, nint plane)
    {
        var between = stackalloc float[Points * Lanes];
        nint line = (nint)(width + 2) * channels;
        for (var ty = 0; ty < height; ty += Tile)
        for (var tx = 0; tx < width; tx += Tile, v += channels)
        for (var c = 0; c < channels; c += Lanes)
        {
            var corner = x + ty * line + tx * channels + c;
            for (var i = 0; i < Patch; i++) Input(corner + i * line, channels, between + i * Row, Lanes);
            for (var j = 0; j < Patch; j++) Input(between + j * Lanes, Row, v + j * plane + c, Patch * plane);
        }
    }

    /// <summary>The adjoint of <see cref="Input(float*, int, int, int, float*, nint)"/>: adds B dV B^T to the gradient of the framed image.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void InputGradient(float* dv, nint plane, int height, int width, int channels, float* dx)
    {
        var between = stackalloc float[Points * Lanes];
        var slopes = stackalloc float[Row];
        nint line = (nint)(width + 2) * channels;
        for (var ty = 0; ty < height; ty += Tile)
        for (var tx = 0; tx < width; tx += Tile, dv += channels)
        for (var c = 0; c < channels; c += Lanes)
        {
            var corner = dx + ty * line + tx * channels + c;
            for (var j = 0; j < Patch; j++) InputGradient(dv + j * plane + c, Patch * plane, between + j * Lanes, Row);
            for (var i = 0; i < Patch; i++)
            {
                InputGradient(between + i * Row, Lanes, slopes, Lanes);
                for (var j = 0; j < Patch; j++)
                {
                    var at = corner + i * line + j * channels;
                    (Load(at) + Load(slopes + j * Lanes)).Store(at);
                }
            }
        }
    }

    /// <summary>Y = A^T M A + bias for all tiles of an image.</summary>
    /// <param name="m">36 planes of tiles x O; this image's first tile.</param>
    /// <param name="plane">Numbers from one plane to the next.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="channels">O.</param>
    /// <param name="bias">O.</param>
    /// <param name="y">H x W x O.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output(float* m, nint plane, int height, int width, int channels, float* bias, float* y)
    {
        var between = stackalloc float[Points * Lanes];
        nint line = (nint)width * channels;
        for (var ty = 0; ty < height; ty += Tile)
        for (var tx = 0; tx < width; tx += Tile, m += channels)
        for (var c = 0; c < channels; c += Lanes)
        {
            var corner = y + ty * line + tx * channels + c;
            var shift = Load(bias + c);
            for (var j = 0; j < Patch; j++) Output(m + j * plane + c, Patch * plane, between + j * Lanes, Row, Vector256<float>.Zero);
            for (var i = 0; i < Tile; i++) Output(between + i * Row, Lanes, corner + i * line, channels, shift);
        }
    }

    /// <summary>The adjoint of <see cref="Output(float*, nint, int, int, int, float*, float*)"/>: dM = A dY A^T.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OutputGradient(float* dy, int height, int width, int channels, float* dm, nint plane)
    {
        var between = stackalloc float[Points * Lanes];
        nint line = (nint)width * channels;
        for (var ty = 0; ty < height; ty += Tile)
        for (var tx = 0; tx < width; tx += Tile, dm += channels)
        for (var c = 0; c < channels; c += Lanes)
        {
            var corner = dy + ty * line + tx * channels + c;
            for (var i = 0; i < Tile; i++) OutputGradient(corner + i * line, channels, between + i * Row, Lanes);
            for (var j = 0; j < Patch; j++) OutputGradient(between + j * Lanes, Row, dm + j * plane + c, Patch * plane);
        }
    }

    /// <summary>U = G g G^T.</summary>
    /// <param name="g">9 planes of <paramref name="plane"/> numbers, a multiple of 8: C x O each.</param>
    /// <param name="plane">C O.</param>
    /// <param name="u">36 such planes.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Kernel(float* g, nint plane, float* u)
    {
        var between = stackalloc float[Points * Lanes];
        for (nint at = 0; at < plane; at += Lanes)
        {
            for (var i = 0; i < Filter; i++) Kernel(g + i * Filter * plane + at, plane, between + i * Row, Lanes);
            for (var j = 0; j < Patch; j++) Kernel(between + j * Lanes, Row, u + j * plane + at, Patch * plane);
        }
    }

    /// <summary>The adjoint of <see cref="Kernel(float*, nint, float*)"/>: dg = G^T dU G.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void KernelGradient(float* du, nint plane, float* dg)
    {
        var between = stackalloc float[Points * Lanes];
        for (nint at = 0; at < plane; at += Lanes)
        {
            for (var j = 0; j < Patch; j++) KernelGradient(du + j * plane + at, Patch * plane, between + j * Lanes, Row);
            for (var i = 0; i < Filter; i++) KernelGradient(between + i * Row, Lanes, dg + i * Filter * plane + at, plane);
        }
    }

    // One-dimensional transforms: each reads and writes vectors of channels at a step of its own.

    // B^T of 6.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Input(float* d, nint step, float* t, nint to)
    {
        Vector256<float> d0 = Load(d), d1 = Load(d + step), d2 = Load(d + 2 * step), d3 = Load(d + 3 * step), d4 = Load(d + 4 * step), d5 = Load(d + 5 * step);
        var (even, odd) = (d4 - 4 * d2, d3 - 4 * d1);
        var (near, far) = (d4 - d2, 2 * (d3 - d1));
        (4 * d0 - 5 * d2 + d4).Store(t);
        (even + odd).Store(t + to);
        (even - odd).Store(t + 2 * to);
        (near + far).Store(t + 3 * to);
        (near - far).Store(t + 4 * to);
        (4 * d1 - 5 * d3 + d5).Store(t + 5 * to);
    }

    // B of 6.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputGradient(float* t, nint step, float* d, nint to)
    {
        Vector256<float> t0 = Load(t), t1 = Load(t + step), t2 = Load(t + 2 * step), t3 = Load(t + 3 * step), t4 = Load(t + 4 * step), t5 = Load(t + 5 * step);
        var (sum, difference) = (t1 + t2, t1 - t2);
        var (farSum, farDifference) = (t3 + t4, t3 - t4);
        (4 * t0).Store(d);
        (4 * (t5 - difference) - 2 * farDifference).Store(d + to);
        (-5 * t0 - 4 * sum - farSum).Store(d + 2 * to);
        (difference + 2 * farDifference - 5 * t5).Store(d + 3 * to);
        (t0 + sum + farSum).Store(d + 4 * to);
        t5.Store(d + 5 * to);
    }

    // A^T, 6 to 4.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Output(float* m, nint step, float* y, nint to, Vector256<float> shift)
    {
        Vector256<float> m0 = Load(m), m1 = Load(m + step), m2 = Load(m + 2 * step), m3 = Load(m + 3 * step), m4 = Load(m + 4 * step), m5 = Load(m + 5 * step);
        var (sum, difference) = (m1 + m2, m1 - m2);
        var (farSum, farDifference) = (m3 + m4, m3 - m4);
        (m0 + sum + farSum + shift).Store(y);
        (difference + 2 * farDifference + shift).Store(y + to);
        (sum + 4 * farSum + shift).Store(y + 2 * to);
        (difference + 8 * farDifference + m5 + shift).Store(y + 3 * to);
    }

    // A, 4 to 6.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputGradient(float* y, nint step, float* m, nint to)
    {
        Vector256<float> y0 = Load(y), y1 = Load(y + step), y2 = Load(y + 2 * step), y3 = Load(y + 3 * step);
        var (even, odd) = (y0 + y2, y1 + y3);
        var (farEven, farOdd) = (y0 + 4 * y2, 2 * y1 + 8 * y3);
        y0.Store(m);
        (even + odd).Store(m + to);
        (even - odd).Store(m + 2 * to);
        (farEven + farOdd).Store(m + 3 * to);
        (farEven - farOdd).Store(m + 4 * to);
        y3.Store(m + 5 * to);
    }

    // G, 3 to 6.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Kernel(float* g, nint step, float* u, nint to)
    {
        Vector256<float> g0 = Load(g), g1 = Load(g + step), g2 = Load(g + 2 * step);
        var (even, odd) = (g0 + g2, g1);
        var (farEven, farOdd) = (g0 * (1 / 24f) + g2 * (1 / 6f), g1 * (1 / 12f));
        (g0 * 0.25f).Store(u);
        ((even + odd) * (-1 / 6f)).Store(u + to);
        ((even - odd) * (-1 / 6f)).Store(u + 2 * to);
        (farEven + farOdd).Store(u + 3 * to);
        (farEven - farOdd).Store(u + 4 * to);
        g2.Store(u + 5 * to);
    }

    // G^T, 6 to 3.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void KernelGradient(float* u, nint step, float* g, nint to)
    {
        Vector256<float> u0 = Load(u), u1 = Load(u + step), u2 = Load(u + 2 * step), u3 = Load(u + 3 * step), u4 = Load(u + 4 * step), u5 = Load(u + 5 * step);
        var (sum, farSum) = ((u1 + u2) * (-1 / 6f), u3 + u4);
        (u0 * 0.25f + sum + farSum * (1 / 24f)).Store(g);
        ((u2 - u1) * (1 / 6f) + (u3 - u4) * (1 / 12f)).Store(g + to);
        (sum + farSum * (1 / 6f) + u5).Store(g + 2 * to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Load(float* at) => Vector256.Load(at);
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ddoq.Neural.Networks.Passes;

/// <summary>
/// Norm, ReLU and 2x2 mean of one image at once: P = mean of max(0, a Y + b), a = gamma / sigma, b = beta - a mu, channel by channel, channels innermost.
/// Whether mu and sigma are those of the image (instance norm) or of the batch is the caller's business.
/// </summary>
internal static unsafe class NormalizedPooling
{
    private const int Lanes = Winograd.Lanes;

    // Sums over pixels run along the memory, one accumulator per channel: a channel at a time would read every cache line many times.

    /// <summary>Adds the sum over the pixels of each channel.</summary>
    /// <param name="y">pixels x C.</param>
    /// <param name="pixels">H W.</param>
    /// <param name="channels">C, a multiple of 8.</param>
    /// <param name="sums">C.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddSums(float* y, int pixels, int channels, float* sums)
    {
        for (var p = 0; p < pixels; p++, y += channels)
        for (var c = 0; c < channels; c += Lanes)
            (Vector256.Load(sums + c) + Vector256.Load(y + c)).Store(sums + c);
    }

    /// <summary>Adds the sum over the pixels of the squared distance from <paramref name="means"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddSquares(float* y, int pixels, int channels, float* means, float* sums)
    {
        for (var p = 0; p < pixels; p++, y += channels)
        for (var c = 0; c < channels; c += Lanes)
        {
            var d = Vector256.Load(y + c) - Vector256.Load(means + c);
            Vector256.FusedMultiplyAdd(d, d, Vector256.Load(sums + c)).Store(sums + c);
        }
    }

    /// <summary>P from Y.</summary>
    /// <param name="y">H x W x C.</param>
    /// <param name="height">H, even.</param>
    /// <param name="width">W, even.</param>
    /// <param name="channels">C.</param>
    /// <param name="a">C.</param>
    /// <param name="b">C.</param>
    /// <param name="pooled">H/2 rows of W/2 x C.</param>
    /// <param name="line">Numbers from one of these rows to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(float* y, int height, int width, int channels, float* a, float* b, float* pooled, nint line)
    {
        nint down = (nint)width * channels;
        for (var r = 0; r < height / 2; r++)
        for (var q = 0; q < width / 2; q++)
        {
            var corner = y + 2 * r * down + 2 * q * channels;
            var to = pooled + r * line + q * channels;
            for (var c = 0; c < channels; c += Lanes)
            {
                Vector256<float> scale = Vector256.Load(a + c), shift = Vector256.Load(b + c);
                var at = corner + c;
                var sum = Active(at, scale, shift) + Active(at + channels, scale, shift) + (Active(at + down, scale, shift) + Active(at + down + channels, scale, shift));
                (sum * 0.25f).Store(to + c);
            }
        }
    }

    /// <summary>Adds, channel by channel, sum dz and sum dz (y - mu), where dz is the gradient before the ReLU.</summary>
    /// <param name="y">H x W x C.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="channels">C.</param>
    /// <param name="a">C.</param>
    /// <param name="b">C.</param>
    /// <param name="means">mu, C.</param>
    /// <param name="slopes">dP: H/2 rows of W/2 x C.</param>
    /// <param name="line">Numbers from one of these rows to the next.</param>
    /// <param name="sums">C.</param>
    /// <param name="products">C.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddSlopes(float* y, int height, int width, int channels, float* a, float* b, float* means, float* slopes, nint line, float* sums, float* products)
    {
        for (var r = 0; r < height; r++)
        for (var q = 0; q < width; q++, y += channels)
        {
            var above = slopes + (r / 2) * line + (q / 2) * channels;
            for (var c = 0; c < channels; c += Lanes)
            {
                var value = Vector256.Load(y + c);
                var dz = Slope(value, Vector256.Load(a + c), Vector256.Load(b + c), above + c);
                (Vector256.Load(sums + c) + dz).Store(sums + c);
                Vector256.FusedMultiplyAdd(dz, value - Vector256.Load(means + c), Vector256.Load(products + c)).Store(products + c);
            }
        }
    }

    /// <summary>dY = a dz - offset - slant (y - mu): the gradient through the norm, given the means that <see cref="AddSlopes"/> prepares.</summary>
    /// <param name="y">H x W x C.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="channels">C.</param>
    /// <param name="a">C.</param>
    /// <param name="b">C.</param>
    /// <param name="means">mu, C.</param>
    /// <param name="offset">a mean(dz), C.</param>
    /// <param name="slant">a mean(dz (y - mu)) / sigma^2, C.</param>
    /// <param name="slopes">dP.</param>
    /// <param name="line">Numbers from one row of dP to the next.</param>
    /// <param name="dy">H x W x C.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gradient(float* y, int height, int width, int channels, float* a, float* b, float* means, float* offset, float* slant, float* slopes, nint line, float* dy)
    {
        nint down = (nint)width * channels;
        for (var r = 0; r < height; r++)
        for (var q = 0; q < width; q++)
        {
            var at = r * down + q * channels;
            for (var c = 0; c < channels; c += Lanes)
            {
                Vector256<float> scale = Vector256.Load(a + c), value = Vector256.Load(y + at + c);
                var dz = Slope(value, scale, Vector256.Load(b + c), slopes + (r / 2) * line + (q / 2) * channels + c);
                (scale * dz - Vector256.Load(offset + c) - Vector256.Load(slant + c) * (value - Vector256.Load(means + c))).Store(dy + at + c);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Active(float* at, Vector256<float> scale, Vector256<float> shift) =>
        Vector256.Max(Vector256.FusedMultiplyAdd(Vector256.Load(at), scale, shift), Vector256<float>.Zero);

    // dP / 4 where the unit is active. The same product and sum as in Active: both passes must agree on which units are.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Slope(Vector256<float> value, Vector256<float> scale, Vector256<float> shift, float* pooled) =>
        Vector256.GreaterThan(Vector256.FusedMultiplyAdd(value, scale, shift), Vector256<float>.Zero) & (Vector256.Load(pooled) * 0.25f);
}

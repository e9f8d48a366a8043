using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ddoq.Neural.Networks.Passes;

/// <summary>3x3 convolution of an image of few channels, by its definition: Y[y, x, o] = bias[o] + sum over i, j, c of X[y + i, x + j, c] g[i, j, c, o]. Channels of the output lie innermost.</summary>
internal static unsafe class ShallowConvolution
{
    private const int Lanes = Winograd.Lanes, Filter = 3;

    /// <param name="x">(H + 2) x (W + 2) x C.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="inputs">C.</param>
    /// <param name="g">9 C x O.</param>
    /// <param name="bias">O.</param>
    /// <param name="outputs">O, a multiple of 8.</param>
    /// <param name="y">H x W x O.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(float* x, int height, int width, int inputs, float* g, float* bias, int outputs, float* y)
    {
        var (row, line) = (Filter * inputs, (width + 2) * inputs);
        for (var r = 0; r < height; r++)
        for (var q = 0; q < width; q++, y += outputs)
        {
            var corner = x + r * line + q * inputs;
            var o = 0;
            for (; o + 2 * Lanes <= outputs; o += 2 * Lanes) // two at once hide the latency of a sum
            {
                Vector256<float> left = Vector256.Load(bias + o), right = Vector256.Load(bias + o + Lanes);
                var factor = g + o;
                for (var i = 0; i < Filter; i++)
                for (var j = 0; j < row; j++, factor += outputs)
                {
                    var pixel = Vector256.Create(corner[i * line + j]);
                    left = Vector256.FusedMultiplyAdd(pixel, Vector256.Load(factor), left);
                    right = Vector256.FusedMultiplyAdd(pixel, Vector256.Load(factor + Lanes), right);
                }
                left.Store(y + o);
                right.Store(y + o + Lanes);
            }
            if (o == outputs) continue;
            var last = Vector256.Load(bias + o);
            for (var (i, k) = (0, 0); i < Filter; i++)
            for (var j = 0; j < row; j++, k++)
                last = Vector256.FusedMultiplyAdd(Vector256.Create(corner[i * line + j]), Vector256.Load(g + k * outputs + o), last);
            last.Store(y + o);
        }
    }

    /// <summary>Adds the gradient of g that one image gives. The gradient of the image itself is not computed: students do not need it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void KernelGradient(float* x, int height, int width, int inputs, float* dy, int outputs, float* dg)
    {
        var (row, line) = (Filter * inputs, (width + 2) * inputs);
        for (var o = 0; o < outputs; o += Lanes)
        for (var i = 0; i < Filter; i++)
        for (var c = 0; c < inputs; c++)
        {
            Vector256<float> left = default, middle = default, right = default;
            for (var r = 0; r < height; r++)
            {
                var pixel = x + (r + i) * line + c;
                var slope = dy + (long)r * width * outputs + o;
                for (var q = 0; q < width; q++, pixel += inputs, slope += outputs)
                {
                    var s = Vector256.Load(slope);
                    left = Vector256.FusedMultiplyAdd(Vector256.Create(pixel[0]), s, left);
                    middle = Vector256.FusedMultiplyAdd(Vector256.Create(pixel[inputs]), s, middle);
                    right = Vector256.FusedMultiplyAdd(Vector256.Create(pixel[2 * inputs]), s, right);
                }
            }
            Add(left, dg + (i * row + c) * outputs + o);
            Add(middle, dg + (i * row + inputs + c) * outputs + o);
            Add(right, dg + (i * row + 2 * inputs + c) * outputs + o);
        }
    }

    private static void Add(Vector256<float> value, float* to) => (Vector256.Load(to) + value).Store(to);
}

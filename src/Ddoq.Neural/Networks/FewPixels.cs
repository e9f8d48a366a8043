using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks;

/// <summary>
/// Layers over maps of a few pixels, the last ones of deep networks on small images. The library goes image by image or channel by channel there,
/// many times slower than one product over all of them. Differentiable to any order, like the operators that it is made of.
/// </summary>
internal static class FewPixels
{
    /// <summary>Largest map, in pixels, whose convolutions are matrix products here.</summary>
    public const long Most = 16;

    /// <summary>Whether <see cref="Convolve"/> is faster for these operands: 1x1 kernels, and depthwise ones, on the CPU.</summary>
    public static bool Convolves(Tensor x, Tensor weight, ConvolutionGeometry g) =>
        x.device_type == DeviceType.CPU && x.shape is [_, var inputs, var height, var width] && height * width <= Most && !g.Transposed
        && (IsPointwise(weight, g) || g.IsDepthwise(inputs, weight.shape[0]));

    /// <summary>y = x * w + b.</summary>
    /// <param name="x">N x C_in x H x W.</param>
    /// <param name="weight">C_out x C_in x 1 x 1, or C_in x 1 x k x k with as many groups.</param>
    /// <param name="bias">C_out, or null.</param>
    /// <param name="g">Stride, padding, dilation, groups.</param>
    /// <returns>N x C_out x H' x W'.</returns>
    public static Tensor Convolve(Tensor x, Tensor weight, Tensor? bias, ConvolutionGeometry g)
    {
        using var scope = NewDisposeScope();
        var y = IsPointwise(weight, g) ? Pointwise(x, weight) : Depthwise(x, weight, g);
        return (bias is null ? y : y.Plus(bias.view(1, -1, 1, 1))).MoveToOuterDisposeScope();
    }

    /// <summary>Applies a function of matrices whose rows are the pixels of all images: N H W x C to N H W x C', here N x C x H x W to N x C' x H x W.</summary>
    public static Tensor ByRows(Tensor x, Func<Tensor, Tensor> function)
    {
        using var scope = NewDisposeScope();
        long n = x.shape[0], channels = x.shape[1], height = x.shape[2], width = x.shape[3];
        var rows = function(x.permute(0, 2, 3, 1).reshape(n * height * width, channels));
        return rows.view(n, height, width, -1).permute(0, 3, 1, 2).contiguous().MoveToOuterDisposeScope();
    }

    private static bool IsPointwise(Tensor weight, ConvolutionGeometry g) => g is { Stride: 1, Padding: 0, Groups: 1 } && weight.shape is [_, _, 1, 1];

    private static Tensor Pointwise(Tensor x, Tensor weight) => ByRows(x, rows => nn.functional.linear(rows, weight.flatten(1)));

    // A channel's convolution is one matrix of P x P' for all images, P and P' the pixels before and after: the sum of its taps, each at the pairs of pixels that it joins.
    private static Tensor Depthwise(Tensor x, Tensor weight, ConvolutionGeometry g)
    {
        long n = x.shape[0], channels = x.shape[1], height = x.shape[2], width = x.shape[3], k = weight.shape[2], m = weight.shape[3];
        var pixels = height * width;
        var joined = Unfolded.Patches(eye(pixels, dtype: x.dtype).view(pixels, 1, height, width), k, m, g);                     // P, k m, P'
        var maps = weight.flatten(1).mm(joined.transpose(0, 1).reshape(k * m, -1)).view(channels, pixels, -1);                  // C, P, P'
        var y = x.flatten(2).transpose(0, 1).bmm(maps);                                                                         // C, N, P'
        return y.transpose(0, 1).reshape(n, channels, g.OutputSide(height, k), g.OutputSide(width, m));
    }
}

using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks;

/// <summary>
/// Convolution as a matrix product over unfolded patches: y = W unfold(x), and its adjoint fold(W^T x).
/// Needs k^2 times the input's memory. Differentiable to any order, like the operators that it is made of.
/// </summary>
internal static class Unfolded
{
    public static Tensor Convolve(Tensor x, Tensor weight, Tensor? bias, ConvolutionGeometry g)
    {
        using var scope = NewDisposeScope();
        var y = g.Transposed ? Backward(x, weight, g) : Forward(x, weight, g);
        return (bias is null ? y : y.Plus(bias.view(1, -1, 1, 1))).MoveToOuterDisposeScope();
    }

    /// <summary>What the kernel sees at each pixel of the output: N x C x H x W to N x C k m x H' W'.</summary>
    public static Tensor Patches(Tensor x, long k, long m, ConvolutionGeometry g) =>
        nn.functional.unfold(x, (k, m), (g.Dilation, g.Dilation), (g.Padding, g.Padding), (g.Stride, g.Stride));

    private static Tensor Forward(Tensor x, Tensor weight, ConvolutionGeometry g)
    {
        long n = x.shape[0], outputs = weight.shape[0], k = weight.shape[2], m = weight.shape[3];
        var (height, width) = (g.OutputSide(x.shape[2], k), g.OutputSide(x.shape[3], m));
        var columns = Patches(x, k, m, g); // N, C k m, P
        var patches = columns.permute(1, 0, 2).reshape(g.Groups, -1, n * height * width);                                      // G, C/G k m, N P
        var rows = weight.reshape(g.Groups, outputs / g.Groups, -1);                                                           // G, O/G, C/G k m
        return rows.bmm(patches).view(outputs, n, height, width).transpose(0, 1).contiguous();
    }

    private static Tensor Backward(Tensor x, Tensor weight, ConvolutionGeometry g)
    {
        long n = x.shape[0], inputs = x.shape[1], k = weight.shape[2], m = weight.shape[3];
        var (height, width) = (g.OutputSide(x.shape[2], k), g.OutputSide(x.shape[3], m));
        var rows = weight.reshape(g.Groups, inputs / g.Groups, -1).transpose(1, 2);                 // G, O/G k m, C/G
        var pixels = x.transpose(0, 1).reshape(g.Groups, inputs / g.Groups, -1);                    // G, C/G, N P
        var columns = rows.bmm(pixels).view(-1, n, x.shape[2] * x.shape[3]).transpose(0, 1).contiguous(); // N, O k m, P
        return nn.functional.fold(columns, (height, width), (k, m), (g.Dilation, g.Dilation), (g.Padding, g.Padding), (g.Stride, g.Stride));
    }
}

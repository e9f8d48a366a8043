using System.Collections.Concurrent;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks;

/// <summary>
/// Two-dimensional convolution that is right on every processor. libtorch 2.10 on the CPU gives wrong numbers for many
/// channel counts on AVX-512 machines (decision 0002), so a shape takes the fast path of oneDNN only if it belongs to a
/// family that is right everywhere it was measured, with channels zero-padded where needed, and only after this very
/// shape has agreed with the slow path once in this process. All else is unfold and matrix product, or on maps of few pixels a
/// product of its own (<see cref="FewPixels"/>).
/// </summary>
public static class Convolutions
{
    private static readonly ConcurrentDictionary<ConvolutionCase, ConvolutionPath> Paths = new();

    /// <summary>y = x * w + b.</summary>
    /// <param name="x">N x C_in x H x W.</param>
    /// <param name="weight">C_out x C_in/groups x k x k, or C_in x C_out/groups x k x k if transposed.</param>
    /// <param name="bias">C_out, or null.</param>
    /// <param name="geometry">Stride, padding, dilation, groups, direction.</param>
    /// <returns>N x C_out x H' x W'.</returns>
    public static Tensor Convolve(Tensor x, Tensor weight, Tensor? bias, ConvolutionGeometry geometry)
    {
        if (SeesEveryNthPixel(weight, geometry))
        {
            using var scope = NewDisposeScope();
            var seen = x[.., .., TensorIndex.Slice(0, null, geometry.Stride), TensorIndex.Slice(0, null, geometry.Stride)].contiguous();
            return Convolve(seen, weight, bias, geometry with { Stride = 1 }).MoveToOuterDisposeScope();
        }
        if (FewPixels.Convolves(x, weight, geometry)) return FewPixels.Convolve(x, weight, bias, geometry);
        if (HasDenseForm(weight, geometry))
        {
            using var scope = NewDisposeScope();
            var (cells, kernel) = Dense(x, weight, geometry);
            return Convolve(cells, kernel, bias, new ConvolutionGeometry(Stride: 1)).MoveToOuterDisposeScope();
        }
        return Run(PathFor(x, weight, geometry), x, weight, bias, geometry);
    }

    // An odd kernel of stride 2 is one of half the side and stride 1 on cells of 2 x 2 pixels, with a row and a column of zeros that cost little from 5 x 5 on.
    private static bool HasDenseForm(Tensor weight, ConvolutionGeometry g) =>
        g is { Stride: 2, Dilation: 1, Groups: 1, Transposed: false } && weight.shape is [_, _, >= DenseFrom and var k, var m] && k == m && k % 2 == 1;

    private const long DenseFrom = 5;

    // N x C x H x W and O x C x k x k to N x 4C x H'+(k-1)/2 x W'+(k-1)/2 and O x 4C x (k+1)/2 x (k+1)/2, H' and W' the sides of the output.
    private static (Tensor Cells, Tensor Kernel) Dense(Tensor x, Tensor weight, ConvolutionGeometry g)
    {
        long outputs = weight.shape[0], inputs = weight.shape[1], k = weight.shape[2], half = (k + 1) / 2;
        long Behind(long side) => 2 * g.OutputSide(side, k) + k - 1 - side - g.Padding;
        var padded = nn.functional.pad(x, [g.Padding, Behind(x.shape[3]), g.Padding, Behind(x.shape[2])]);
        var even = nn.functional.pad(weight, [0, 1, 0, 1]).view(outputs, inputs, half, 2, half, 2);
        return (nn.functional.pixel_unshuffle(padded, 2), even.permute(0, 1, 3, 5, 2, 4).reshape(outputs, 4 * inputs, half, half));
    }

    // A 1x1 kernel with a stride: the pixels between count for nothing, and stride 1 has a fast path.
    private static bool SeesEveryNthPixel(Tensor weight, ConvolutionGeometry g) => g is { Stride: > 1, Padding: 0, Transposed: false } && weight.shape is [_, _, 1, 1];

    /// <summary>The path that <see cref="Convolve"/> takes for these operands where it does not bring them to another form first; the first call for a shape checks it.</summary>
    public static ConvolutionPath PathFor(Tensor x, Tensor weight, ConvolutionGeometry geometry)
    {
        if (x.device_type != DeviceType.CPU || x.dtype == ScalarType.Float64) return ConvolutionPath.Library;
        return Paths.GetOrAdd(ConvolutionCase.Of(x, weight, geometry), static c => ConvolutionCheck.Choose(c));
    }

    internal static Tensor Run(ConvolutionPath path, Tensor x, Tensor weight, Tensor? bias, ConvolutionGeometry geometry) => path switch
    {
        ConvolutionPath.Library => Library(x, weight, bias, geometry),
        ConvolutionPath.Padded => Padded(x, weight, bias, geometry),
        _ => Unfolded.Convolve(x, weight, bias, geometry),
    };

    private static Tensor Library(Tensor x, Tensor weight, Tensor? bias, ConvolutionGeometry g)
    {
        long[] stride = [g.Stride, g.Stride], padding = [g.Padding, g.Padding], dilation = [g.Dilation, g.Dilation];
        return g.Transposed
            ? nn.functional.conv_transpose2d(x, weight, bias, stride, padding, [g.OutputPadding, g.OutputPadding], dilation, g.Groups)
            : nn.functional.conv2d(x, weight, bias, stride, padding, dilation, g.Groups);
    }

    // Zero channels change nothing in the result, but keep oneDNN's blocked layouts free of the tail that it miscounts.
    private static Tensor Padded(Tensor x, Tensor weight, Tensor? bias, ConvolutionGeometry g)
    {
        using var scope = NewDisposeScope();
        long outputs = weight.shape[0], inputs = weight.shape[1];
        if (g.Groups > 1) // depthwise: one filter each
        {
            var more = ConvolutionCase.Surplus(outputs, whole: false);
            var all = nn.functional.pad(x, [0, 0, 0, 0, 0, more]);
            var filters = nn.functional.pad(weight, [0, 0, 0, 0, 0, 0, 0, more]);
            var shifts = bias is null ? null : nn.functional.pad(bias, [0, more]);
            return Library(all, filters, shifts, g with { Groups = (int)(outputs + more) }).narrow(1, 0, outputs).contiguous().MoveToOuterDisposeScope();
        }
        long moreInputs = ConvolutionCase.Surplus(inputs, whole: inputs <= ConvolutionCase.Block), moreOutputs = ConvolutionCase.Surplus(outputs, whole: false);
        var wide = moreInputs == 0 ? x : nn.functional.pad(x, [0, 0, 0, 0, 0, moreInputs]);
        var kernel = moreInputs + moreOutputs == 0 ? weight : nn.functional.pad(weight, [0, 0, 0, 0, 0, moreInputs, 0, moreOutputs]);
        var shift = bias is null || moreOutputs == 0 ? bias : nn.functional.pad(bias, [0, moreOutputs]);
        var y = Library(wide, kernel, shift, g);
        return (moreOutputs == 0 ? y : y.narrow(1, 0, outputs).contiguous()).MoveToOuterDisposeScope();
    }
}

using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks;

/// <summary>Ways to compute a convolution, fastest first.</summary>
public enum ConvolutionPath
{
    /// <summary>The library's own operator, as it is.</summary>
    Library,

    /// <summary>The library's operator over channels zero-padded to a multiple of 16.</summary>
    Padded,

    /// <summary>Unfold (im2col) and a matrix product; never enters oneDNN's convolutions.</summary>
    Unfolded,
}

/// <summary>All that decides whether a convolution can be trusted to one path.</summary>
internal readonly record struct ConvolutionCase(
    long Batch, long Inputs, long Height, long Width, long Outputs, long Kernel, long KernelWidth, ConvolutionGeometry Geometry, ScalarType Type)
{
    /// <summary>Channels in one block of oneDNN's blocked layouts on AVX-512 (AVX2 uses 8).</summary>
    public const long Block = 16;

    /// <summary>Images of a check at most: larger batches share the case of this one, as the evidence does, and unfolding them would take gigabytes.</summary>
    public const long LargestBatch = 16;

    // Numbers that a check may unfold: 32 MiB, of which it holds several copies. A taller image shares the case of its first rows, for the layouts are blocked along columns and channels.
    private const long MostUnfolded = 1 << 23;

    public static ConvolutionCase Of(Tensor x, Tensor weight, ConvolutionGeometry geometry)
    {
        ReadOnlySpan<long> s = x.shape, w = weight.shape;
        var perRow = Math.Max(1, s[1] * w[2] * w[3] * Math.Max(1, s[3] / geometry.Stride));
        var batch = Math.Min(Math.Min(s[0], LargestBatch), Math.Max(1, MostUnfolded / (perRow * Math.Max(1, s[2] / geometry.Stride))));
        var height = Math.Min(s[2], Math.Max(MostUnfolded / perRow * geometry.Stride, (w[2] - 1) * geometry.Dilation + 8));
        return new(batch, s[1], height, s[3], geometry.Transposed ? w[1] * geometry.Groups : w[0], w[2], w[3], geometry, x.dtype);
    }

    /// <summary>Channels to add so that the count is a multiple of the block; none if <paramref name="whole"/> says that it is right as it is.</summary>
    public static long Surplus(long channels, bool whole) => whole ? 0 : (Block - channels % Block) % Block;

    /// <summary>
    /// The fastest path that the evidence of decision 0002 allows: stride 1, no dilation, no groups, not transposed;
    /// there, input channels up to 16 or a multiple of 16 with output channels a multiple of 16 were right as they are,
    /// and every other count was right after padding. Depthwise layers were right after padding too.
    /// </summary>
    public ConvolutionPath FastestAllowed()
    {
        if (Geometry.IsDepthwise(Inputs, Outputs) && Geometry is { Dilation: 1, Transposed: false }) return Inputs % Block == 0 ? ConvolutionPath.Library : ConvolutionPath.Padded;
        if (Geometry is not { Stride: 1, Dilation: 1, Groups: 1, Transposed: false }) return ConvolutionPath.Unfolded;
        return (Inputs <= Block || Inputs % Block == 0) && Outputs % Block == 0 ? ConvolutionPath.Library : ConvolutionPath.Padded;
    }
}

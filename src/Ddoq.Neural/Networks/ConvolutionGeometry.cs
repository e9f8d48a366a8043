namespace Ddoq.Neural.Networks;

/// <summary>How a two-dimensional convolution moves over its input. Same numbers for rows and columns.</summary>
/// <param name="Stride">Step, at least 1.</param>
/// <param name="Padding">Zeros added on every side (removed from the output if <paramref name="Transposed"/>).</param>
/// <param name="Dilation">Distance between kernel taps, at least 1.</param>
/// <param name="Groups">Independent channel groups; input and output channels must be multiples of it.</param>
/// <param name="Transposed">The adjoint map: weight is C_in x C_out/groups x k x k.</param>
/// <param name="OutputPadding">Extra rows and columns of a transposed output, below the stride.</param>
public readonly record struct ConvolutionGeometry(
    int Stride = 1, int Padding = 0, int Dilation = 1, int Groups = 1, bool Transposed = false, int OutputPadding = 0)
{
    /// <summary>A stride-1 convolution that keeps the size of its input, for odd <paramref name="kernel"/>.</summary>
    public static ConvolutionGeometry Same(int kernel) => new(1, kernel / 2, 1, 1, false, 0);

    /// <summary>Whether every channel has one filter of its own.</summary>
    public bool IsDepthwise(long inputs, long outputs) => Groups > 1 && Groups == inputs && inputs == outputs;

    /// <summary>Side of the output for an input side and a kernel side; 0 where the kernel does not fit.</summary>
    public long OutputSide(long side, long kernel) => Transposed
        ? (side - 1) * Stride - 2 * Padding + Dilation * (kernel - 1) + OutputPadding + 1
        : Math.Max(0, side + 2 * Padding - Dilation * (kernel - 1) - 1 + Stride) / Stride;
}

using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks;

/// <summary>The convolution layer of every network here: parameters "weight" and "bias" as in PyTorch, computed by <see cref="Convolutions"/>.</summary>
public sealed class Convolution : nn.Module<Tensor, Tensor>
{
    private readonly ConvolutionGeometry _geometry;
#pragma warning disable IDE1006 // field names are checkpoint keys
    private readonly Parameter weight;
    private readonly Parameter? bias;
#pragma warning restore IDE1006

    /// <summary>Creates the layer with zero parameters; see <see cref="Initialization"/>.</summary>
    /// <param name="inputs">C_in.</param>
    /// <param name="outputs">C_out.</param>
    /// <param name="kernel">Side of the kernel.</param>
    /// <param name="geometry">Stride, padding, dilation, groups, direction.</param>
    /// <param name="bias">Whether to add a bias.</param>
    public Convolution(long inputs, long outputs, long kernel, ConvolutionGeometry geometry, bool bias = true) : base(nameof(Convolution))
    {
        _geometry = geometry;
        weight = new Parameter(geometry.Transposed
            ? zeros(inputs, outputs / geometry.Groups, kernel, kernel)
            : zeros(outputs, inputs / geometry.Groups, kernel, kernel));
        if (bias) this.bias = new Parameter(zeros(outputs));
        RegisterComponents();
    }

    /// <summary>A size-keeping stride-1 layer.</summary>
    public static Convolution Same(long inputs, long outputs, int kernel) => new(inputs, outputs, kernel, ConvolutionGeometry.Same(kernel));

    /// <inheritdoc />
    public override Tensor forward(Tensor input) => Convolutions.Convolve(input, weight, bias, _geometry);
}

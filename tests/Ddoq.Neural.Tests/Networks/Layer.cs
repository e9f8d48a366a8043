using Ddoq.Foundations;
using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Networks;

/// <summary>One convolution to be compared with float64.</summary>
internal sealed record Layer(int Inputs, int Outputs, int Kernel, ConvolutionGeometry Geometry, int Batch = 2, int Height = 7, int Width = 9)
{
    /// <summary>Batch sizes to draw from; the large one is dear, so it is rare.</summary>
    public static readonly int[] Batches = [1, 1, 1, 2, 2, 2, 5, 16];

    public override string ToString()
    {
        var g = Geometry;
        return $"{(g.Transposed ? "transposed " : "")}{Inputs}->{Outputs} k{Kernel} s{g.Stride} p{g.Padding} d{g.Dilation} g{g.Groups} o{g.OutputPadding}, {Batch} of {Height}x{Width}";
    }

    public ConvolutionCase Case(ScalarType type) => new(Batch, Inputs, Height, Width, Outputs, Kernel, Kernel, Geometry, type);

    public (Tensor X, Tensor Weight, Tensor Bias) Operands(ScalarType type)
    {
        var draws = new Draws(ToString());
        long[] weight = Geometry.Transposed ? [Inputs, Outputs / Geometry.Groups, Kernel, Kernel] : [Outputs, Inputs / Geometry.Groups, Kernel, Kernel];
        Tensor Leaf(params long[] shape) => draws.Normal(shape).to(type).requires_grad_(true);
        return (Leaf(Batch, Inputs, Height, Width), Leaf(weight), Leaf(Outputs));
    }

    /// <summary>Every kernel, stride, padding, dilation and batch that fits, drawn; the channels as given.</summary>
    public static Layer Random(int inputs, int outputs, SplitMix draw, bool transposed = false, int groups = 1)
    {
        while (true)
        {
            var (kernel, stride, dilation) = (1 + draw.Next(7), 1 + draw.Next(3), 1 + draw.Next(2));
            var extra = transposed ? draw.Next(stride) : 0;
            var geometry = new ConvolutionGeometry(stride, draw.Next(4), dilation, groups, transposed, extra);
            var layer = new Layer(inputs, outputs, kernel, geometry, Batches[draw.Next(8)], 3 + draw.Next(7), 3 + draw.Next(7));
            if (geometry.OutputSide(layer.Height, kernel) >= 1 && geometry.OutputSide(layer.Width, kernel) >= 1) return layer;
        }
    }
}

/// <summary>A way to compute a convolution.</summary>
internal delegate Tensor Convolver(Tensor x, Tensor weight, Tensor? bias, ConvolutionGeometry geometry);

/// <summary>Compares a way to compute convolutions with the library's double precision, which never enters oneDNN.</summary>
internal static class ConvolutionOracle
{
    /// <summary>Largest distance of output and gradients with respect to input, weight and bias, from the same operands in float64.</summary>
    public static double Distance(Layer layer, Convolver convolve, ScalarType type = ScalarType.Float32)
    {
        using var scope = NewDisposeScope();
        var (x, weight, bias) = layer.Operands(type);
        var y = convolve(x, weight, bias, layer.Geometry);
        using var generator = new Generator(7, CPU);
        var direction = randn(y.shape, ScalarType.Float32, CPU, generator: generator).to(type);
        var found = autograd.grad([y], [x, weight, bias], [direction]);

        Tensor[] exact = [.. new[] { x, weight, bias }.Select(t => t.detach().to(ScalarType.Float64).requires_grad_(true))];
        var expectedY = Convolutions.Run(ConvolutionPath.Library, exact[0], exact[1], exact[2], layer.Geometry);
        var expected = autograd.grad([expectedY], exact, [direction.to(ScalarType.Float64)]);
        return found.Zip(expected).Select(p => Agreement.Distance(p.First, p.Second)).Append(Agreement.Distance(y, expectedY)).Max();
    }

    /// <summary>All layers whose distance is above the tolerance, in words.</summary>
    public static void RequireAll(IEnumerable<Layer> layers, Convolver convolve, double tolerance, ScalarType type = ScalarType.Float32) =>
        Assert.Empty(layers.Select(l => (Layer: l, Off: Distance(l, convolve, type))).Where(r => !(r.Off <= tolerance)).Select(r => $"{r.Layer}: off by {r.Off:G3}"));
}

using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Networks;

/// <summary>The convolution of all our networks against float64: output and gradients with respect to input, weight and bias.</summary>
public sealed class ConvolutionsTests
{
    private const double Single = 1e-4, Brain = 2e-2;

    [Fact]
    public void Convolve_EveryChannelCount_AgreesWithFloat64() => ConvolutionOracle.RequireAll(Layers.Covering(37), Convolutions.Convolve, Single);

    [Fact]
    public void Convolve_EveryChannelCountTransposed_AgreesWithFloat64() => ConvolutionOracle.RequireAll(Layers.Covering(53, transposed: true), Convolutions.Convolve, Single);

    [Fact]
    public void Convolve_EveryChannelCountOnFastPaths_AgreesWithFloat64() => ConvolutionOracle.RequireAll(Layers.CoveringFast(61), Convolutions.Convolve, Single);

    [Fact]
    public void Convolve_DenseChannelPairs_AgreesWithFloat64() => ConvolutionOracle.RequireAll(Layers.DensePairs(), Convolutions.Convolve, Single);

    [Fact]
    public void Convolve_GroupsAndDepthwise_AgreesWithFloat64() => ConvolutionOracle.RequireAll(Layers.Grouped(), Convolutions.Convolve, Single);

    // Reference on the rounded operands: bfloat16 keeps 8 bits, and sums over taps round more than once.
    [Fact]
    public void Convolve_Bfloat16_AgreesWithFloat64OfRoundedOperands()
    {
        ConvolutionOracle.RequireAll(Layers.CoveringFast(29).Where((_, i) => i % 3 == 0), Convolutions.Convolve, Brain, ScalarType.BFloat16);
        ConvolutionOracle.RequireAll(Layers.Covering(41).Where((_, i) => i % 3 == 0), Convolutions.Convolve, Brain, ScalarType.BFloat16);
        ConvolutionOracle.RequireAll(Layers.Grouped().Where((_, i) => i % 4 == 0), Convolutions.Convolve, Brain, ScalarType.BFloat16);
    }

    // The oracle itself against the definition, by plain loops.
    [Theory]
    [InlineData(3, 4, 3, 1, 1, 1, 1, false, 0)]
    [InlineData(4, 6, 2, 3, 2, 2, 2, false, 0)]
    [InlineData(5, 5, 3, 2, 0, 1, 5, false, 0)]
    [InlineData(4, 6, 3, 2, 1, 1, 2, true, 1)]
    [InlineData(3, 2, 4, 3, 2, 2, 1, true, 2)]
    public void Oracle_SmallLayers_EqualsPlainLoops(int inputs, int outputs, int kernel, int stride, int padding, int dilation, int groups, bool transposed, int extra)
    {
        using var scope = NewDisposeScope();
        var layer = new Layer(inputs, outputs, kernel, new ConvolutionGeometry(stride, padding, dilation, groups, transposed, extra));
        var (x, weight, bias) = layer.Operands(ScalarType.Float64);
        var y = Convolutions.Convolve(x, weight, bias, layer.Geometry);
        Agreement.Require(y, PlainLoops(x, weight, bias, layer.Geometry, y.shape), 1e-12);
    }

    [Fact]
    public void Convolve_OnEmptyScope_LeavesOneTensorBehind()
    {
        using var scope = NewDisposeScope();
        var layer = new Layer(17, 24, 3, ConvolutionGeometry.Same(3));
        var (x, weight, bias) = layer.Operands(ScalarType.Float32);
        Convolutions.Convolve(x, weight, bias, layer.Geometry); // the check of a new shape must not leak either
        var before = scope.DisposablesCount;
        Convolutions.Convolve(x, weight, bias, layer.Geometry);
        Assert.Equal(before + 1, scope.DisposablesCount);
    }

    private static Tensor PlainLoops(Tensor x, Tensor weight, Tensor bias, ConvolutionGeometry g, long[] shape)
    {
        using var quiet = no_grad();
        var y = (zeros(shape, ScalarType.Float64) + bias.view(1, -1, 1, 1)).data<double>().ToNDArray() as double[,,,];
        var (a, w) = ((double[,,,])x.data<double>().ToNDArray(), (double[,,,])weight.data<double>().ToNDArray());
        var perGroup = g.Transposed ? w.GetLength(1) : y!.GetLength(1) / g.Groups;
        var inputs = a.GetLength(1) / g.Groups;
        for (var n = 0; n < a.GetLength(0); n++)
            for (var group = 0; group < g.Groups; group++)
                for (var o = 0; o < perGroup; o++)
                    for (var i = 0; i < inputs; i++)
                        for (var u = 0; u < w.GetLength(2); u++)
                            for (var v = 0; v < w.GetLength(3); v++)
                                Tap(n, group * inputs + i, group * perGroup + o, u, v, g.Transposed ? w[group * inputs + i, o, u, v] : w[group * perGroup + o, i, u, v]);
        return tensor(y!);

        // small = large * stride - padding + tap * dilation relates the two grids; which of them is the input depends on the direction.
        void Tap(int n, int input, int output, int u, int v, double factor)
        {
            var (rows, columns) = g.Transposed ? (a.GetLength(2), a.GetLength(3)) : (y!.GetLength(2), y.GetLength(3));
            var (fineRows, fineColumns) = g.Transposed ? (y!.GetLength(2), y.GetLength(3)) : (a.GetLength(2), a.GetLength(3));
            for (var r = 0; r < rows; r++)
                for (var c = 0; c < columns; c++)
                {
                    var (fr, fc) = (r * g.Stride - g.Padding + u * g.Dilation, c * g.Stride - g.Padding + v * g.Dilation);
                    if (fr < 0 || fr >= fineRows || fc < 0 || fc >= fineColumns) continue;
                    if (g.Transposed) y![n, output, fr, fc] += factor * a[n, input, r, c];
                    else y![n, output, r, c] += factor * a[n, input, fr, fc];
                }
        }
    }
}

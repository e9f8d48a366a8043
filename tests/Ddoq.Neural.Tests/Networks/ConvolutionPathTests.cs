using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Networks;

/// <summary>The ways to compute a convolution one by one, and the check that chooses among them.</summary>
public sealed class ConvolutionPathTests
{
    private static readonly Layer Plain = new(16, 32, 3, ConvolutionGeometry.Same(3));

    [Fact]
    public void Run_FamiliesThatMayTakeAFastPath_AgreesWithFloat64() =>
        ConvolutionOracle.RequireAll(Layers.CoveringFast(89),
            (x, w, b, g) => Convolutions.Run(ConvolutionCase.Of(x, w, g).FastestAllowed(), x, w, b, g), 1e-4);

    [Fact]
    public void Run_PaddedWhateverTheCounts_AgreesWithFloat64() =>
        ConvolutionOracle.RequireAll(Layers.DensePairs().Where((_, i) => i % 3 == 0), (x, w, b, g) => Convolutions.Run(ConvolutionPath.Padded, x, w, b, g), 1e-4);

    [Fact]
    public void Run_DepthwiseLayers_AgreesWithFloat64OnBothFastPaths()
    {
        var layers = from channels in Layers.DenseCounts.Where(c => c > 1) from stride in new[] { 1, 2 } from kernel in new[] { 3, 5 }
                     select new Layer(channels, channels, kernel, new ConvolutionGeometry(stride, kernel / 2, Groups: channels), 2, 9, 8);
        ConvolutionOracle.RequireAll(layers, (x, w, b, g) => Convolutions.Run(ConvolutionPath.Padded, x, w, b, g), 1e-4);
        ConvolutionOracle.RequireAll(layers, (x, w, b, g) => Convolutions.Run(ConvolutionCase.Of(x, w, g).FastestAllowed(), x, w, b, g), 1e-4);
    }

    [Fact]
    public void Convolve_OneByOneWithAStride_AgreesWithFloat64() =>
        ConvolutionOracle.RequireAll(Layers.DenseCounts.Select(c => new Layer(c, 20, 1, new ConvolutionGeometry(2), 2, 9, 8)), Convolutions.Convolve, 1e-4);

    [Fact]
    public void Convolve_OddKernelsOfStrideTwo_AgreesWithFloat64()
    {
        var layers = from kernel in new[] { 3, 5, 7 } from padding in new[] { 0, 1, 3 } from height in new[] { 9, 12 } select new Layer(3, 20, kernel, new ConvolutionGeometry(2, padding), 2, height, 11);
        ConvolutionOracle.RequireAll(layers, Convolutions.Convolve, 1e-4);
    }

    [Fact]
    public void FewPixels_PointwiseAndDepthwiseLayers_AgreesWithFloat64()
    {
        (int Height, int Width)[] maps = [(1, 1), (1, 3), (2, 2), (3, 5), (4, 4)];
        int[] channels = [2, 17, 24, 48];
        var pointwise = from map in maps from inputs in channels from outputs in channels select new Layer(inputs, outputs, 1, ConvolutionGeometry.Same(1), 5, map.Height, map.Width);
        var depthwise = from map in maps from c in channels from stride in new[] { 1, 2 } from dilation in new[] { 1, 2 } from kernel in new[] { 3, 5 }
                        select new Layer(c, c, kernel, new ConvolutionGeometry(stride, dilation * (kernel / 2), dilation, c), 5, map.Height, map.Width);
        Layer[] layers = [.. pointwise, .. depthwise];
        Assert.All(layers, l => Assert.True(IsForFewPixels(l), l.ToString()));
        ConvolutionOracle.RequireAll(layers, FewPixels.Convolve, 1e-4);
        ConvolutionOracle.RequireAll(layers.Where((_, i) => i % 5 == 0), FewPixels.Convolve, 2e-2, ScalarType.BFloat16);
    }

    [Fact]
    public void FewPixels_OtherLayers_TakesNone()
    {
        Layer[] layers =
        [
            new(3, 4, 1, ConvolutionGeometry.Same(1), 2, 4, 5),                              // 20 pixels
            new(4, 4, 3, ConvolutionGeometry.Same(3) with { Groups = 4 }, 2, 4, 5),
            new(4, 4, 3, ConvolutionGeometry.Same(3), 2, 4, 4),                              // all channels under a wide kernel
            new(4, 4, 1, new ConvolutionGeometry(1, 1), 2, 4, 4),                            // a frame of zeros
            new(4, 4, 1, ConvolutionGeometry.Same(1) with { Groups = 2 }, 2, 4, 4),          // two channels a group
            new(4, 8, 3, ConvolutionGeometry.Same(3) with { Groups = 4 }, 2, 4, 4),          // two filters a channel
            new(4, 4, 1, ConvolutionGeometry.Same(1) with { Transposed = true }, 2, 4, 4),
        ];
        Assert.All(layers, l => Assert.False(IsForFewPixels(l), l.ToString()));
    }

    private static bool IsForFewPixels(Layer layer)
    {
        using var scope = NewDisposeScope();
        var (x, weight, _) = layer.Operands(ScalarType.Float32);
        return FewPixels.Convolves(x, weight, layer.Geometry);
    }

    [Fact]
    public void Run_Unfolded_AgreesWithFloat64ForAllGeometries() =>
        ConvolutionOracle.RequireAll([.. Layers.Covering(71), .. Layers.Covering(97, transposed: true), .. Layers.Grouped()], Unfolded.Convolve, 1e-4);

    [Fact]
    public void FastestAllowed_ByFamily_IsTheFastestWithEvidence()
    {
        ConvolutionPath PathOf(int inputs, int outputs, ConvolutionGeometry g) => new Layer(inputs, outputs, 3, g).Case(ScalarType.Float32).FastestAllowed();
        var same = ConvolutionGeometry.Same(3);
        Assert.Equal(ConvolutionPath.Library, PathOf(1, 64, same));
        Assert.Equal(ConvolutionPath.Library, PathOf(48, 16, same));
        Assert.Equal(ConvolutionPath.Padded, PathOf(17, 64, same));
        Assert.Equal(ConvolutionPath.Padded, PathOf(32, 3, same));
        Assert.Equal(ConvolutionPath.Unfolded, PathOf(16, 16, same with { Stride = 2 }));
        Assert.Equal(ConvolutionPath.Unfolded, PathOf(16, 16, same with { Dilation = 2 }));
        Assert.Equal(ConvolutionPath.Unfolded, PathOf(16, 16, same with { Groups = 8 }));
        Assert.Equal(ConvolutionPath.Unfolded, PathOf(16, 32, same with { Groups = 16 }));
        Assert.Equal(ConvolutionPath.Library, PathOf(16, 16, same with { Groups = 16 }));
        Assert.Equal(ConvolutionPath.Padded, PathOf(24, 24, same with { Groups = 24, Stride = 2 }));
        Assert.Equal(ConvolutionPath.Unfolded, PathOf(16, 16, same with { Transposed = true }));
    }

    [Fact]
    public void Agrees_RightFunction_IsTrue() => Assert.True(ConvolutionCheck.Agrees(Plain.Case(ScalarType.Float32), ConvolutionPath.Library, (_, x, w, g) => Right(x, w, g)));

    [Fact]
    public void Agrees_OneWrongOutput_IsFalse() => RequireRefused((x, w, g) =>
    {
        var y = Right(x, w, g);
        var fault = zeros_like(y);
        fault[0, 1, 2, 3] = 0.1 * y.detach().abs().max();
        return y + fault;
    });

    [Fact]
    public void Agrees_WrongGradientOfTheInputAlone_IsFalse() => RequireRefused((x, w, g) =>
        Right(x.detach(), w, g) + 0.9 * (Right(x, w.detach(), g) - Right(x.detach(), w.detach(), g)));

    [Fact]
    public void Agrees_WrongGradientOfTheWeightAlone_IsFalse() => RequireRefused((x, w, g) =>
        Right(x, w.detach(), g) + 0.9 * (Right(x.detach(), w, g) - Right(x.detach(), w.detach(), g)));

    [Fact]
    public void Agrees_NaN_IsFalse() => RequireRefused((x, w, g) => Right(x, w, g) * double.NaN);

    // The fault of reading memory that nobody wrote: right on zero pages, NaN on the rubbish that the check leaves.
    // Other tests' tensors are collected first: one that is freed after the check has left its rubbish would be handed out in its place.
    [Fact]
    public void Agrees_ReadsUnwrittenMemory_IsFalse()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        RequireRefused((x, w, g) =>
        {
            var scratch = empty(x.numel());
            return Right(x, w, g) + 0 * scratch.sum();
        });
    }

    [Fact]
    public void Choose_WrongFastPaths_FallsThroughToTheNextRightOne()
    {
        ConvolutionPath Chosen(params ConvolutionPath[] wrong) =>
            ConvolutionCheck.Choose(Plain.Case(ScalarType.Float32), (path, x, w, g) => Right(x, w, g) * (wrong.Contains(path) ? 1.1 : 1.0));
        Assert.Equal(ConvolutionPath.Library, Chosen());
        Assert.Equal(ConvolutionPath.Padded, Chosen(ConvolutionPath.Library));
        Assert.Equal(ConvolutionPath.Unfolded, Chosen(ConvolutionPath.Library, ConvolutionPath.Padded));
    }

    [Fact]
    public void PathFor_SameShape_IsStableAndIgnoresLargeBatches()
    {
        using var scope = NewDisposeScope();
        var (x, weight, _) = (Plain with { Batch = 16 }).Operands(ScalarType.Float32);
        var first = Convolutions.PathFor(x, weight, Plain.Geometry);
        Assert.Equal(first, Convolutions.PathFor(cat([x, x]), weight, Plain.Geometry));
        Assert.Equal(ConvolutionCase.Of(x, weight, Plain.Geometry), ConvolutionCase.Of(cat([x, x]), weight, Plain.Geometry));
    }

    // Gradient matching differentiates the norm of a gradient: d |d L / d(x, w)|^2 / d(x, w).
    [Fact]
    public void Run_DoubleBackward_AgreesWithFloat64()
    {
        Layer[] layers = [.. Layers.Covering(23).Take(20), .. Layers.Covering(31, transposed: true).Take(20), .. Layers.Grouped().Where((_, i) => i % 3 == 0)];
        foreach (var layer in layers) RequireSecondOrder(layer, ConvolutionPath.Unfolded);
        foreach (var layer in Layers.CoveringFast(5).Where((_, i) => i % 4 == 0)) RequireSecondOrder(layer, layer.Case(ScalarType.Float32).FastestAllowed());
    }

    private static void RequireSecondOrder(Layer layer, ConvolutionPath path)
    {
        using var scope = NewDisposeScope();
        var (x, weight, _) = layer.Operands(ScalarType.Float32);
        var found = SecondOrder(path, x, weight, layer.Geometry);
        var expected = SecondOrder(ConvolutionPath.Library, Exact(x), Exact(weight), layer.Geometry);
        foreach (var (f, e) in found.Zip(expected)) Agreement.Require(f, e, 1e-4, $"{layer} {path}");
    }

    private static Tensor[] SecondOrder(ConvolutionPath path, Tensor x, Tensor weight, ConvolutionGeometry g)
    {
        var loss = Convolutions.Run(path, x, weight, null, g).square().mean();
        var slopes = autograd.grad([loss], [x, weight], retain_graph: true, create_graph: true);
        var norm = slopes[0].square().sum() + slopes[1].square().sum();
        return [norm, .. autograd.grad([norm], [x, weight])];
    }

    private static Tensor Exact(Tensor t) => t.detach().to(ScalarType.Float64).requires_grad_(true);

    private static Tensor Right(Tensor x, Tensor weight, ConvolutionGeometry geometry) => Unfolded.Convolve(x, weight, null, geometry);

    private static void RequireRefused(Func<Tensor, Tensor, ConvolutionGeometry, Tensor> wrong) =>
        Assert.False(ConvolutionCheck.Agrees(Plain.Case(ScalarType.Float32), ConvolutionPath.Library, (_, x, w, g) => wrong(x, w, g)));
}

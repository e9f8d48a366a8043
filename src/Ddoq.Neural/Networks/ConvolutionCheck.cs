using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks;

/// <summary>Compares a fast path with the slow one on one shape: the output and both gradients, on fixed random operands.</summary>
internal static class ConvolutionCheck
{
    // The faults seen are 10 to 60 % of the largest value or NaN; honest rounding is far below.
    private static double Tolerance(ScalarType type) => type == ScalarType.Float32 ? 1e-3 : 3e-2;

    public static ConvolutionPath Choose(ConvolutionCase shape, ConvolutionGeometry geometry)
    {
        var path = shape.FastestAllowed();
        while (path != ConvolutionPath.Unfolded && !Agrees(shape, geometry, path)) path++;
        return path;
    }

    public static bool Agrees(ConvolutionCase shape, ConvolutionGeometry geometry, ConvolutionPath path)
    {
        using var scope = NewDisposeScope();
        using var gradients = enable_grad();
        using var generator = new Generator(0x0DD0, CPU);
        Tensor Random(params long[] size) => randn(size, ScalarType.Float32, CPU, generator: generator).to(shape.Type);

        var batch = Math.Min(shape.Batch, 16);
        var x = Random(batch, shape.Inputs, shape.Height, shape.Width).requires_grad_(true);
        var weight = Random(WeightShape(shape)).requires_grad_(true);
        var direction = Random(OutputShape(shape, batch));
        LeaveRubbish(x.numel() + direction.numel());
        var found = Gradients(path, x, weight, direction, geometry);
        var expected = Gradients(ConvolutionPath.Unfolded, x, weight, direction, geometry);
        return found.Zip(expected).All(pair => Close(pair.First, pair.Second, Tolerance(shape.Type)));
    }

    private static Tensor[] Gradients(ConvolutionPath path, Tensor x, Tensor weight, Tensor direction, ConvolutionGeometry geometry)
    {
        var y = Convolutions.Run(path, x, weight, null, geometry);
        var slopes = autograd.grad([y], [x, weight], [direction]);
        return [y, .. slopes];
    }

    private static bool Close(Tensor found, Tensor expected, double tolerance)
    {
        var error = (found - expected).abs().max().to(ScalarType.Float64).item<double>();
        var scale = expected.abs().max().to(ScalarType.Float64).item<double>();
        return error <= tolerance * Math.Max(scale, 1e-6); // false for NaN
    }

    private static long[] WeightShape(ConvolutionCase c) => c.Geometry.Transposed
        ? [c.Inputs, c.Outputs / c.Geometry.Groups, c.Kernel, c.KernelWidth]
        : [c.Outputs, c.Inputs / c.Geometry.Groups, c.Kernel, c.KernelWidth];

    private static long[] OutputShape(ConvolutionCase c, long batch) =>
        [batch, c.Outputs, c.Geometry.OutputSide(c.Height, c.Kernel), c.Geometry.OutputSide(c.Width, c.KernelWidth)];

    // A kernel that reads memory it never wrote looks right on fresh zero pages: give the allocator NaNs to hand out.
    private static void LeaveRubbish(long elements)
    {
        using var scope = NewDisposeScope();
        for (var i = 0; i < 4; i++) full([elements], float.NaN);
    }
}

using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks;

/// <summary>Computes a convolution without bias on one path.</summary>
internal delegate Tensor PathFunction(ConvolutionPath path, Tensor x, Tensor weight, ConvolutionGeometry geometry);

/// <summary>Compares a fast path with the slow one on one shape: the output and both gradients, on fixed random operands.</summary>
internal static class ConvolutionCheck
{
    // The faults seen are 10 to 60 % of the largest value or NaN; honest rounding is far below.
    private static double Tolerance(ScalarType type) => type == ScalarType.Float32 ? 1e-3 : 3e-2;

    // Of each size: enough blocks for the holes that a run leaves, few enough that a check stays short.
    private const long RubbishElements = 1 << 18;

    /// <summary>The fastest allowed path that agrees with the slow one. <paramref name="run"/> is <see cref="Convolutions.Run"/> but for tests.</summary>
    public static ConvolutionPath Choose(ConvolutionCase shape, PathFunction? run = null)
    {
        var path = shape.FastestAllowed();
        while (path != ConvolutionPath.Unfolded && !Agrees(shape, path, run)) path++;
        return path;
    }

    public static bool Agrees(ConvolutionCase shape, ConvolutionPath path, PathFunction? run = null)
    {
        run ??= static (path, x, weight, geometry) => Convolutions.Run(path, x, weight, null, geometry);
        using var scope = NewDisposeScope();
        using var gradients = enable_grad();
        using var generator = new Generator(0x0DD0, CPU);
        Tensor Random(params long[] size) => randn(size, ScalarType.Float32, CPU, generator: generator).to(shape.Type);

        var x = Random(shape.Batch, shape.Inputs, shape.Height, shape.Width).requires_grad_(true);
        var weight = Random(WeightShape(shape)).requires_grad_(true);
        var direction = Random(OutputShape(shape));
        LeaveRubbish(x.numel(), weight.numel(), direction.numel(), x.numel() + weight.numel() + direction.numel());
        var found = Gradients(run(path, x, weight, shape.Geometry), x, weight, direction);
        var expected = Gradients(Unfolded.Convolve(x, weight, null, shape.Geometry), x, weight, direction);
        return found.Zip(expected).All(pair => Close(pair.First, pair.Second, Tolerance(shape.Type)));
    }

    private static Tensor[] Gradients(Tensor y, Tensor x, Tensor weight, Tensor direction) => [y, .. autograd.grad([y], [x, weight], [direction])];

    private static bool Close(Tensor found, Tensor expected, double tolerance)
    {
        var error = (found - expected).abs().max().to(ScalarType.Float64).item<double>();
        var scale = expected.abs().max().to(ScalarType.Float64).item<double>();
        return error <= tolerance * Math.Max(scale, 1e-6); // false for NaN
    }

    private static long[] WeightShape(ConvolutionCase c) => c.Geometry.Transposed
        ? [c.Inputs, c.Outputs / c.Geometry.Groups, c.Kernel, c.KernelWidth]
        : [c.Outputs, c.Inputs / c.Geometry.Groups, c.Kernel, c.KernelWidth];

    private static long[] OutputShape(ConvolutionCase c) =>
        [c.Batch, c.Outputs, c.Geometry.OutputSide(c.Height, c.Kernel), c.Geometry.OutputSide(c.Width, c.KernelWidth)];

    // A kernel that reads memory it never wrote looks right on fresh zero pages and on the remains of a right result: give the allocator NaNs to hand out.
    // It prefers the smallest free block that fits, so the sizes are those that a convolution asks for, and so many at once that they fill the holes that others left.
    private static void LeaveRubbish(params long[] sizes)
    {
        using var scope = NewDisposeScope();
        foreach (var elements in sizes)
            for (var i = 0L; i < Math.Clamp(RubbishElements / elements, 4, 256); i++) full([elements], float.NaN);
    }
}

using Ddoq.Foundations;
using Ddoq.Neural.Networks;

namespace Ddoq.Neural.Tests.Networks;

/// <summary>Sets of layers to test: together they cover channel counts 1 to 130 on both sides and every kind of geometry.</summary>
internal static class Layers
{
    private const int Prime = 131;

    /// <summary>Counts on both sides of the blocks of 8 and 16, and those of real networks.</summary>
    public static readonly int[] DenseCounts = [1, 3, 4, 8, 15, 16, 17, 20, 24, 31, 32, 33, 40, 48, 64, 100, 112, 128, 130];

    private static readonly (int Groups, int Inputs, int Outputs)[] GroupedShapes =
        [(2, 6, 10), (3, 33, 9), (4, 40, 24), (5, 5, 130), (17, 17, 17), (33, 33, 33), (24, 24, 48), (40, 40, 40), (64, 64, 64), (100, 100, 100)];

    /// <summary>Every input count and every output count from 1 to 130 exactly once, with drawn geometry.</summary>
    public static IEnumerable<Layer> Covering(int factor, bool transposed = false) =>
        Enumerable.Range(1, Prime - 1).Select(i => Layer.Random(i, Partner(i, factor), new SeedSequence(1).Stream("covering", i, factor), transposed));

    /// <summary>The same pairs for the geometry that takes fast paths: stride 1, no dilation, kernels 1 to 7, any padding.</summary>
    public static IEnumerable<Layer> CoveringFast(int factor) => Enumerable.Range(1, Prime - 1).Select(i =>
    {
        var draw = new SeedSequence(2).Stream("covering-fast", i, factor);
        var (kernel, padding) = (1 + draw.Next(7), draw.Next(4));
        var side = Math.Max(5, kernel);
        return new Layer(i, Partner(i, factor), kernel, new ConvolutionGeometry(1, padding), Layer.Batches[draw.Next(8)], side + draw.Next(3), side + draw.Next(3));
    });

    /// <summary>All pairs of dense counts as 3x3 layers.</summary>
    public static IEnumerable<Layer> DensePairs() =>
        from inputs in DenseCounts from outputs in DenseCounts select new Layer(inputs, outputs, 3, ConvolutionGeometry.Same(3), 2, 5, 5);

    /// <summary>Groups of several widths, depthwise layers and depthwise layers with a multiplier, plain and transposed.</summary>
    public static IEnumerable<Layer> Grouped() =>
        from shape in GroupedShapes
        from transposed in new[] { false, true }
        from n in Enumerable.Range(0, 3)
        select Layer.Random(shape.Inputs, shape.Outputs, new SeedSequence(3).Stream("grouped", shape.Groups, n, transposed ? 1 : 0), transposed, shape.Groups);

    // Multiplication modulo a prime permutes 1..130.
    private static int Partner(int i, int factor) => i * factor % Prime;
}

using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests;

/// <summary>How far a result is from its reference, as a share of the reference's largest value.</summary>
internal static class Agreement
{
    /// <summary>max |found - expected| / max |expected|; infinite for another shape or a value that is not finite.</summary>
    public static double Distance(Tensor found, Tensor expected)
    {
        using var scope = NewDisposeScope();
        if (!found.shape.AsSpan().SequenceEqual(expected.shape)) return double.PositiveInfinity;
        var (a, b) = (found.detach().to(ScalarType.Float64), expected.detach().to(ScalarType.Float64));
        var distance = ((a - b).abs().max() / b.abs().max().clamp_min(1e-12)).item<double>();
        return double.IsFinite(distance) ? distance : double.PositiveInfinity;
    }

    public static void Require(Tensor found, Tensor expected, double tolerance, string what = "")
    {
        var distance = Distance(found, expected);
        Assert.True(distance <= tolerance, string.Create(CultureInfo.InvariantCulture,
            $"{what} [{string.Join(", ", found.shape)}]: off by {distance:G3} of the largest of [{string.Join(", ", expected.shape)}], permitted {tolerance:G3}"));
    }

    /// <summary>Equal shape and equal bits.</summary>
    public static void RequireSameBits(Tensor found, Tensor expected, string what = "")
    {
        Assert.Equal(expected.shape, found.shape);
        Assert.True(found.detach().contiguous().bytes.SequenceEqual(expected.detach().contiguous().bytes), $"{what}: the bits differ");
    }
}

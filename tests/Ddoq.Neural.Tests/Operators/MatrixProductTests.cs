using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Ddoq.Neural.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Operators;

/// <summary>MKL's matrix products on the path that <see cref="MklFastPath"/> opens on AMD processors.</summary>
public sealed class MatrixProductTests
{
    [Fact]
    public void MklFastPathOnAmd_OnAnAmdProcessorWithAvx2_IsTaken()
    {
        if (!OperatingSystem.IsLinux() || !Avx2.IsSupported || Vendor() != "AuthenticAMD") Assert.Skip("the processor is no AMD with AVX2, or the system is not Linux");
        Assert.True(Libtorch.MklFastPathOnAmd);
    }

    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 1 }, { 1, 784, 10 }, { 3, 5, 7 }, { 17, 31, 23 }, { 63, 64, 65 }, { 100, 576, 64 }, { 127, 129, 131 }, { 250, 257, 6 }, { 512, 512, 512 }, { 1001, 9, 33 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Mm_AllLayouts_AgreesWithFloat64(int rows, int inner, int columns)
    {
        using var scope = NewDisposeScope();
        var draws = new Draws($"{rows} {inner} {columns}");
        var (a, b) = (draws.Normal(rows, inner), draws.Normal(inner, columns));
        var (at, bt) = (a.t().contiguous().t(), b.t().contiguous().t()); // same numbers, columns contiguous
        var expected = a.to(ScalarType.Float64).mm(b.to(ScalarType.Float64));
        foreach (var (x, y) in new[] { (a, b), (at, b), (a, bt), (at, bt) }) Agreement.Require(x.mm(y), expected, 1e-5);
        Agreement.Require(nn.functional.linear(a, bt.t()), expected, 1e-5, "linear");
        Agreement.Require(stack([a, 2 * a]).bmm(stack([b, b])), stack([expected, 2 * expected]), 1e-5, "bmm");
    }

    // LAPACK takes the same answer from MKL: the codec "pca" rests on it.
    [Theory]
    [InlineData(1)]
    [InlineData(33)]
    [InlineData(130)]
    public void Eigh_Symmetric_IsOrthonormalAndRebuilds(int side)
    {
        using var scope = NewDisposeScope();
        var a = new Draws($"eigh {side}").Normal(side, side).to(ScalarType.Float64);
        var symmetric = a.mm(a.t());
        var (values, vectors) = linalg.eigh(symmetric);
        Agreement.Require(vectors.t().mm(vectors), eye(side), 1e-12);
        Agreement.Require((vectors * values.unsqueeze(0)).mm(vectors.t()), symmetric, 1e-12);
    }

    private static string Vendor()
    {
        var (_, b, c, d) = X86Base.CpuId(0, 0);
        Span<int> words = [b, d, c];
        return System.Text.Encoding.ASCII.GetString(MemoryMarshal.AsBytes(words));
    }
}

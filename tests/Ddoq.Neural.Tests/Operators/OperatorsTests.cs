using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Ddoq.Neural.Tests.Operators;

/// <summary>Every other operator that our networks and losses use, against the same in double precision: values and gradients.</summary>
public sealed class OperatorsTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 3, 5)]
    [InlineData(37, 65, 41)]
    [InlineData(128, 255, 9)]
    public void Linear_OddShapes_AgreesWithFloat64(int rows, int inputs, int outputs) =>
        Require(o => functional.linear(o[0], o[1], o[2]), Normal(rows, inputs), Normal(outputs, inputs), Normal(outputs));

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(7, 13, 3)]
    [InlineData(33, 127, 65)]
    public void Mm_OddShapes_AgreesWithFloat64(int rows, int inner, int columns) => Require(o => o[0].mm(o[1]), Normal(rows, inner), Normal(inner, columns));

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(5, 3, 7, 2)]
    [InlineData(24, 16, 33, 17)]
    public void Bmm_OddShapes_AgreesWithFloat64(int batch, int rows, int inner, int columns)
    {
        Require(o => o[0].bmm(o[1]), Normal(batch, rows, inner), Normal(batch, inner, columns));
        Require(o => o[0].bmm(o[1].transpose(1, 2)), Normal(batch, rows, inner), Normal(batch, columns, inner)); // as attention has it
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(5, 17)]
    [InlineData(64, 10)]
    public void Softmax_OddShapes_AgreesWithFloat64(int rows, int columns)
    {
        Require(o => functional.softmax(3 * o[0], -1), Normal(rows, columns));
        Require(o => functional.log_softmax(3 * o[0], 1), Normal(rows, columns));
    }

    [Fact]
    public void LogSoftmax_LargeLogits_StaysFinite() => Require(o => functional.log_softmax(o[0] + 1e4, 1), Normal(3, 7), tolerance: 1e-3);

    [Theory]
    [InlineData(4)]
    [InlineData(33)]
    [InlineData(144)]
    public void LayerNorm_WithoutParameters_AgreesWithFloat64(int hidden) => Require(o => functional.layer_norm(o[0], [hidden], eps: 1e-6), Normal(3, 5, hidden));

    [Theory]
    [InlineData(1, 5)]
    [InlineData(16, 7)]
    [InlineData(33, 9)]
    public void GroupNorm_OneGroupPerChannel_AgreesWithFloat64(int channels, int side) =>
        Require(o => functional.group_norm(o[0], channels, o[1], o[2], 1e-5), Normal(3, channels, side, side + 1), Normal(channels), Normal(channels));

    [Fact]
    public void Activations_OddShapes_AgreeWithFloat64()
    {
        Require(o => functional.silu(o[0]), Normal(3, 5, 7));
        Require(o => functional.relu(o[0]), Normal(3, 5, 7));
        Require(o => functional.gelu(3 * o[0], TorchSharp.Modules.GELU.Approximate.tanh), Normal(3, 129));
    }

    // The library's tanh form against its formula, not only against itself.
    [Fact]
    public void Gelu_TanhForm_IsTheFormula()
    {
        using var scope = NewDisposeScope();
        var x = Normal(101).to(ScalarType.Float64);
        var formula = 0.5 * x * (1 + (Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x.pow(3))).tanh());
        Agreement.Require(functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh), formula, 1e-12);
    }

    // A row that is asked for twice gets both gradients.
    [Fact]
    public void Embedding_RepeatedRows_PicksAndSums()
    {
        using var scope = NewDisposeScope();
        var (rows, table) = (tensor(new long[] { 3, 0, 3, 10, 7 }), Normal(11, 13));
        var layer = Embedding_from_pretrained(table.clone(), freeze: false);
        var y = layer.call(rows);
        Agreement.RequireSameBits(y, stack([table[3], table[0], table[3], table[10], table[7]]));
        y.sum().backward();
        var expected = zeros(11, 13);
        foreach (var row in new[] { 3, 0, 3, 10, 7 }) expected[row] += 1;
        Agreement.Require(layer.weight!.grad!, expected, 0);
    }

    [Fact]
    public void PixelShuffle_BothWays_AgreesWithFloat64AndInverts()
    {
        Require(o => functional.pixel_shuffle(o[0], 2), Normal(2, 12, 3, 5));
        Require(o => functional.pixel_unshuffle(o[0], 2), Normal(2, 3, 6, 10));
        using var x = Normal(2, 3, 6, 10);
        Agreement.RequireSameBits(functional.pixel_shuffle(functional.pixel_unshuffle(x, 2), 2), x);
    }

    [Fact]
    public void Pad_ReplicateAndZeros_AgreesWithFloat64()
    {
        Require(o => functional.pad(o[0], [2, 2, 2, 2], PaddingModes.Replicate), Normal(2, 1, 28, 28));
        Require(o => functional.pad(o[0], [1, 3, 0, 2], PaddingModes.Replicate), Normal(2, 3, 5, 4));
        Require(o => functional.pad(o[0], [0, 0, 0, 0, 0, 15]), Normal(2, 1, 5, 7));
        Require(o => functional.pad(o[0], [0, 0, 0, 0, 0, 7, 0, 11]), Normal(5, 9, 3, 3));
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(7, 9)]
    [InlineData(32, 32)]
    [InlineData(3, 14)]
    public void HalvingPool_EvenAndOddSides_IsAveragePooling(int height, int width)
    {
        using var pool = new HalvingPool();
        Require(o => pool.call(o[0]), o => functional.avg_pool2d(o[0], 2, 2), 1e-5, Normal(2, 5, height, width));
    }

    [Fact]
    public void CrossEntropy_MeanAndSingle_AgreesWithFloat64()
    {
        using var labels = new Draws("labels").Integers(7, 19);
        Require(o => functional.cross_entropy(o[0], labels), Normal(19, 7));
        Require(o => functional.cross_entropy(o[0], labels, reduction: Reduction.None), Normal(19, 7));
    }

    [Fact]
    public void Rearrangements_Gradients_AgreeWithFloat64()
    {
        Require(o => o[0].chunk(6, 2)[1] * o[0].chunk(6, 2)[4], Normal(3, 1, 30));
        Require(o => cat([o[0], o[1] * 2], 1), Normal(3, 5), Normal(3, 2));
        Require(o => o[0].narrow(2, 2, 3).narrow(3, 1, 2).contiguous(), Normal(2, 3, 7, 5));
        Require(o => o[0].view(2, 2, 3, 2, 2, 5).permute(0, 5, 1, 3, 2, 4).reshape(2, 5, 4, 6), Normal(2, 6, 20));
        Require(o => stack([o[0], o[1]]).flatten(1).transpose(0, 1), Normal(3, 5), Normal(3, 5));
    }

    [Fact]
    public void Elementwise_AndMeans_AgreeWithFloat64()
    {
        Require(o => (0.5 * o[0]).exp(), Normal(5, 7));
        Require(o => (10 * o[0]).clamp(-20, 10), Normal(9, 11));
        Require(o => o[0].square().mean() + 0.05 * o[0].abs().mean(), Normal(5, 7));
        Require(o => (o[0] * (1 + o[1]) + o[2]).sum(1), Normal(5, 7), Normal(5, 1), Normal(1, 7));
        Require(o => (o[0] * o[0] + 1).sqrt(), Normal(5, 7));
        Require(o => o[0].cos() * o[0].sin(), Normal(4, 6));
    }

    private readonly Draws _draws = new("operators");

    private Tensor Normal(params long[] shape) => _draws.Normal(shape);

    private static void Require(Func<Tensor[], Tensor> compute, params Tensor[] operands) => Require(compute, compute, 1e-5, operands);

    private static void Require(Func<Tensor[], Tensor> compute, Tensor operand, double tolerance) => Require(compute, compute, tolerance, operand);

    private static void Require(Func<Tensor[], Tensor> compute, Func<Tensor[], Tensor> reference, double tolerance, params Tensor[] operands)
    {
        using var scope = NewDisposeScope();
        var (found, expected) = (Evaluate(compute, operands, ScalarType.Float32), Evaluate(reference, operands, ScalarType.Float64));
        for (var i = 0; i < found.Length; i++) Agreement.Require(found[i], expected[i], tolerance, i == 0 ? "value" : $"gradient {i}");
        foreach (var operand in operands) operand.Dispose();
    }

    // The value and the gradients of its product with fixed numbers.
    private static Tensor[] Evaluate(Func<Tensor[], Tensor> compute, Tensor[] operands, ScalarType type)
    {
        Tensor[] leaves = [.. operands.Select(o => o.detach().to(type).requires_grad_(true))];
        var y = compute(leaves);
        var direction = new Draws("direction").Normal(y.shape).to(type);
        return [y, .. autograd.grad([y], leaves, [direction])];
    }
}

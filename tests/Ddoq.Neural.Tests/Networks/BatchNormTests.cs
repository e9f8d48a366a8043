using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Networks;

/// <summary>Batch norm against its definition in float64, also over maps smaller than a vector, which take another way.</summary>
public sealed class BatchNormTests
{
    [Theory]
    [InlineData(1, 1, true)]
    [InlineData(1, 2, true)]
    [InlineData(2, 2, true)]
    [InlineData(2, 3, true)]
    [InlineData(3, 3, true)]
    [InlineData(2, 2, false)]
    [InlineData(3, 3, false)]
    public void Call_MapsOfAnySize_EqualsTheDefinitionInFloat64(int height, int width, bool training)
    {
        using var scope = NewDisposeScope();
        var draws = new Draws($"batch norm {height} {width} {training}");
        using var norm = new BatchNorm(19);
        var (gamma, beta) = (norm.get_parameter("weight")!, norm.get_parameter("bias")!);
        var (mean, variance) = (norm.get_buffer("running_mean")!, norm.get_buffer("running_var")!);
        using (no_grad())
        {
            gamma.copy_(draws.Normal(19));
            beta.copy_(draws.Normal(19));
            mean.copy_(draws.Normal(19));
            variance.copy_(draws.Normal(19).square() + 0.5);
        }
        norm.train(training);
        var x = (3 * draws.Normal(7, 19, height, width) + 2).requires_grad_(true);
        var direction = draws.Normal(7, 19, height, width);
        Tensor Exact(Tensor t) => t.detach().to(ScalarType.Float64);
        var (exactX, exactGamma, exactBeta, oldMean, oldVariance) = (Exact(x).requires_grad_(true), Exact(gamma).requires_grad_(true), Exact(beta).requires_grad_(true), Exact(mean), Exact(variance));

        var y = norm.call(x);
        var found = autograd.grad([y], [x, gamma, beta], [direction]);

        Tensor Wide(Tensor t) => t.view(1, -1, 1, 1);
        var (m, v) = training ? (exactX.mean([0L, 2L, 3L]), exactX.var([0L, 2L, 3L], unbiased: false)) : (oldMean, oldVariance);
        var expectedY = (exactX - Wide(m)) / (Wide(v) + 1e-5).sqrt() * Wide(exactGamma) + Wide(exactBeta);
        var expected = autograd.grad([expectedY], [exactX, exactGamma, exactBeta], [direction.to(ScalarType.Float64)]);

        Agreement.Require(y, expectedY, 1e-5);
        foreach (var (a, b) in found.Zip(expected)) Agreement.Require(a, b, 1e-5);
        var count = 7 * height * width;
        Agreement.Require(mean, training ? 0.9 * oldMean + 0.1 * m : oldMean, 1e-5);
        Agreement.Require(variance, training ? 0.9 * oldVariance + 0.1 * v * count / (count - 1) : oldVariance, 1e-5);
        Assert.Equal(training ? 1 : 0, norm.get_buffer("num_batches_tracked")!.item<long>());
    }
}

using Ddoq.Neural.Synthesis;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Synthesis;

/// <summary>Against means and covariances that are formed.</summary>
public sealed class MomentDistanceTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Of_WeightedSets_IsTheDistanceOfTheirMoments(int moments)
    {
        using var scope = NewDisposeScope();
        var draws = new Draws("moments");
        var (x, y) = (draws.Normal(7, 5), draws.Normal(4, 5) + 0.5);
        var (a, b) = (Weights(1, 2, 3, 1, 1, 1, 1), Weights(4, 1, 2, 1));
        var (meanX, covarianceX) = Moments(x, a);
        var (meanY, covarianceY) = Moments(y, b);
        var expected = (meanX - meanY).square().sum() + (moments == 2 ? (covarianceX - covarianceY).norm() : zeros(1));
        Assert.Equal(expected.item<float>(), MomentDistance.Of(x, a, y, b, moments).item<float>(), 1e-4f);
    }

    [Fact]
    public void Of_AWeightOfTwo_IsThePointTwice()
    {
        using var scope = NewDisposeScope();
        var y = new Draws("twice").Normal(3, 4);
        var twice = cat([y, y[2..3]]);
        Assert.InRange(MomentDistance.Of(y, Weights(1, 1, 2), twice, Weights(1, 1, 1, 1), 2).item<float>(), 0, 1e-3f);
    }

    [Fact]
    public void Of_EqualSets_HasAFiniteSlope()
    {
        using var scope = NewDisposeScope();
        var x = new Draws("equal").Normal(3, 4);
        var y = x.clone().requires_grad_(true);
        MomentDistance.Of(x, Weights(1, 1, 1), y, Weights(1, 1, 1), 2).backward();
        Assert.True(y.grad!.isfinite().all().item<bool>());
    }

    private static Tensor Weights(params float[] weights) => tensor(Array.ConvertAll(weights, w => w / weights.Sum())).unsqueeze(1);

    private static (Tensor Mean, Tensor Covariance) Moments(Tensor x, Tensor a)
    {
        var mean = (x * a).sum([0L], keepdim: true);
        return (mean, ((x - mean) * a).t().mm(x - mean));
    }
}

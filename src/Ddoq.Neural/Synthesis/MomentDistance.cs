using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Synthesis;

/// <summary>How far the first moments of two weighted point sets lie apart.</summary>
internal static class MomentDistance
{
    // The distance of covariances has no slope at zero, and an infinite one beside it.
    private const double LeastSquare = 1e-12;

    /// <summary>|mean - mean'|^2, and with two moments + |C - C'|, the Frobenius distance of the covariances, which has the same unit.</summary>
    /// <param name="x">N x F.</param>
    /// <param name="a">Weights of x, N x 1, sum one.</param>
    /// <param name="y">M x F.</param>
    /// <param name="b">Weights of y, M x 1, sum one.</param>
    /// <param name="moments">1 or 2.</param>
    /// <returns>A scalar through which gradients pass.</returns>
    public static Tensor Of(Tensor x, Tensor a, Tensor y, Tensor b, int moments)
    {
        using var scope = NewDisposeScope();
        var (meanX, meanY) = (a.t().mm(x), b.t().mm(y));
        var means = (meanX - meanY).Squared().sum();
        return (moments == 1 ? means : means.Plus(Covariances(x - meanX, a, y - meanY, b))).MoveToOuterDisposeScope();
    }

    // |sum a x x^T - sum b y y^T|^2 = sum a a' (x.x')^2 + sum b b' (y.y')^2 - 2 sum a b (x.y)^2: no covariance is formed, since N and M are far below F.
    private static Tensor Covariances(Tensor x, Tensor a, Tensor y, Tensor b)
    {
        static Tensor Products(Tensor u, Tensor wu, Tensor v, Tensor wv) => wu.t().mm(u.mm(v.t()).Squared()).mm(wv).sum();
        return (Products(x, a, x, a).Plus(Products(y, b, y, b)) - Products(x, a, y, b).Times(2)).relu().Plus(LeastSquare).sqrt();
    }
}

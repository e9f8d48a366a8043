using Ddoq.Neural.Networks;
using static TorchSharp.torch;

namespace Ddoq.Neural.Training;

/// <summary>How two sets of gradients are compared.</summary>
public enum GradientDistanceKind
{
    /// <summary>Sum over layers and output rows of 1 - cosine; vectors (biases, norms) do not count. Data set condensation's (Zhao et al. 2021, eq. 10).</summary>
    RowAngles,

    /// <summary>Sum of squared differences.</summary>
    Square,

    /// <summary>1 - cosine of all numbers together.</summary>
    Angle,
}

/// <summary>Distance between the gradients of a network on two batches, differentiable: what gradient matching makes small.</summary>
public static class GradientDistance
{
    private const double Least = 1e-6; // added to products of norms, as published

    /// <param name="a">Gradients by parameter.</param>
    /// <param name="b">The same parameters' on other images.</param>
    /// <param name="kind">How they are compared.</param>
    /// <returns>A scalar.</returns>
    public static Tensor Of(IReadOnlyList<Tensor> a, IReadOnlyList<Tensor> b, GradientDistanceKind kind)
    {
        if (a.Count != b.Count) throw new ArgumentException($"{a.Count} gradients on one side, {b.Count} on the other.", nameof(b));
        using var scope = NewDisposeScope();
        static Tensor Flat(IReadOnlyList<Tensor> gradients) => cat([.. gradients.Select(g => g.reshape(-1))]);
        return (kind switch
        {
            GradientDistanceKind.RowAngles => a.Zip(b).Where(p => p.First.dim() > 1).Select(p => Angles(p.First.flatten(1), p.Second.flatten(1)).sum()).Aggregate((x, y) => x.Plus(y)),
            GradientDistanceKind.Square => (Flat(a) - Flat(b)).Squared().sum(),
            _ => Angles(Flat(a), Flat(b)),
        }).MoveToOuterDisposeScope();
    }

    // 1 - cosine along the last axis
    private static Tensor Angles(Tensor a, Tensor b) => ((a * b).sum(-1) / (a.norm(-1) * b.norm(-1)).Plus(Least)).SubtractedFrom(1);
}

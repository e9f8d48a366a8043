using Ddoq.Neural.Networks;
using static TorchSharp.torch;

namespace Ddoq.Neural.Diffusion;

/// <summary>What a denoiser predicts.</summary>
public enum Prediction
{
    /// <summary>The noise e.</summary>
    Epsilon,

    /// <summary>v = sqrt(a) e - sqrt(1 - a) x_0 (Salimans and Ho 2022): well scaled at every noise level.</summary>
    Velocity,

    /// <summary>The clean sample x_0.</summary>
    Sample,
}

/// <summary>Conversions between predictions at one noise level a = alpha bar.</summary>
public static class Predictions
{
    /// <summary>The training target.</summary>
    public static Tensor Target(this Prediction prediction, Tensor clean, Tensor noise, Tensor alphaBar) => prediction switch
    {
        Prediction.Epsilon => noise,
        Prediction.Sample => clean,
        _ => alphaBar.sqrt() * noise - alphaBar.SubtractedFrom(1).sqrt() * clean,
    };

    /// <summary>x_0 that a prediction at x_t implies.</summary>
    public static Tensor Clean(this Prediction prediction, Tensor noised, Tensor predicted, double alphaBar) => prediction switch
    {
        Prediction.Epsilon => (noised - predicted.Times(Math.Sqrt(1 - alphaBar))).Over(Math.Sqrt(alphaBar)),
        Prediction.Sample => predicted,
        _ => noised.Times(Math.Sqrt(alphaBar)) - predicted.Times(Math.Sqrt(1 - alphaBar)),
    };

    /// <summary>The noise that a prediction at x_t implies.</summary>
    public static Tensor Noise(this Prediction prediction, Tensor noised, Tensor predicted, double alphaBar) => prediction switch
    {
        Prediction.Epsilon => predicted,
        Prediction.Sample => (noised - predicted.Times(Math.Sqrt(alphaBar))).Over(Math.Sqrt(1 - alphaBar)),
        _ => predicted.Times(Math.Sqrt(alphaBar)).Plus(noised.Times(Math.Sqrt(1 - alphaBar))),
    };

    /// <summary>Values bounded by <paramref name="limit"/> in absolute value; unchanged without one.</summary>
    internal static Tensor Clipped(this Tensor clean, double? limit) => limit is { } bound ? clean.Bounded(-bound, bound) : clean;
}

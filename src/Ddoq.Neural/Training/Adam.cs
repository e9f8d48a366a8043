using Ddoq.Neural.Networks;
using static TorchSharp.torch;

namespace Ddoq.Neural.Training;

/// <summary>
/// Adam (Kingma and Ba 2015), betas 0.9 and 0.999, eps 1e-8: m and v are running means of the gradient and its square,
/// p -= rate (m / (1 - 0.9^t)) / (sqrt(v / (1 - 0.999^t)) + eps).
/// </summary>
/// <param name="groups">What is moved.</param>
/// <param name="rate">First step size.</param>
/// <param name="decoupled">False: decay is added to the gradient. True: p *= 1 - rate decay comes first, AdamW (Loshchilov and Hutter 2019).</param>
internal sealed class Adam(IEnumerable<ParameterGroup> groups, double rate, bool decoupled) : Optimizer(groups, rate, moments: 2)
{
    private const double MeanDecay = 0.9, SquareDecay = 0.999, Least = 1e-8;

    /// <inheritdoc />
    protected override void Move(ParameterState state, Tensor gradient)
    {
        var (parameter, mean, square) = (state.Parameter, state.Moments[0], state.Moments[1]);
        if (state.Decay != 0)
        {
            if (decoupled) parameter.TimesInPlace(1 - Rate * state.Decay);
            else gradient = gradient.Plus(parameter, state.Decay);
        }
        mean.TimesInPlace(MeanDecay).PlusInPlace(gradient, 1 - MeanDecay);
        square.TimesInPlace(SquareDecay).PlusProductInPlace(gradient, gradient, 1 - SquareDecay);
        // Both means start at zero: what that takes from them is divided out.
        var (meanShare, squareShare) = (1 - Math.Pow(MeanDecay, state.Steps), 1 - Math.Pow(SquareDecay, state.Steps));
        var size = square.sqrt().Over(Math.Sqrt(squareShare)).PlusInPlace(Least);
        parameter.PlusQuotientInPlace(mean, size, -(Rate / meanShare));
    }
}

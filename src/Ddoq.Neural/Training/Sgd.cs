using Ddoq.Neural.Networks;
using static TorchSharp.torch;

namespace Ddoq.Neural.Training;

/// <summary>Stochastic gradient descent with momentum 0.9 and coupled decay (Sutskever et al. 2013 as PyTorch has it): g += decay p; v = 0.9 v + g; p -= rate v.</summary>
internal sealed class Sgd(IEnumerable<ParameterGroup> groups, double rate) : Optimizer(groups, rate, moments: 1)
{
    private const double Momentum = 0.9;

    /// <inheritdoc />
    protected override void Move(ParameterState state, Tensor gradient)
    {
        if (state.Decay != 0) gradient = gradient.Plus(state.Parameter, state.Decay);
        var velocity = state.Moments[0];
        // The first gradient is the first velocity as it is: 0.9 * 0 + g would turn its -0 into 0.
        if (state.Steps == 1) velocity.copy_(gradient);
        else velocity.TimesInPlace(Momentum).PlusInPlace(gradient);
        state.Parameter.PlusInPlace(velocity, -Rate);
    }
}

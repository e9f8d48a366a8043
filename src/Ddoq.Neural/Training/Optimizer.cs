using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddoq.Neural.Training;

/// <summary>Parameters that decay alike.</summary>
/// <param name="Parameters">What is moved.</param>
/// <param name="Decay">Weight decay; 0 for none.</param>
internal sealed record ParameterGroup(IEnumerable<Parameter> Parameters, double Decay = 0);

/// <summary>What an optimizer knows of one parameter.</summary>
/// <param name="parameter">What is moved.</param>
/// <param name="decay">Its weight decay.</param>
/// <param name="moments">Running means, of its shape and on its device.</param>
internal sealed class ParameterState(Parameter parameter, double decay, Tensor[] moments)
{
    public Parameter Parameter => parameter;

    public double Decay => decay;

    public IReadOnlyList<Tensor> Moments => moments;

    /// <summary>Steps taken with a gradient.</summary>
    public long Steps { get; set; }
}

/// <summary>
/// Moves parameters along their gradients, with the formulas, the order of operations and so the bits of TorchSharp's optimizers. Ours hold each number for as long as native
/// code reads it (decision 0005), leave nothing to the finalizer, and show their state.
/// </summary>
internal abstract class Optimizer : IDisposable
{
    private readonly ParameterState[] _states;

    /// <param name="groups">What is moved; each parameter once.</param>
    /// <param name="rate">First step size.</param>
    /// <param name="moments">Running means per parameter.</param>
    protected Optimizer(IEnumerable<ParameterGroup> groups, double rate, int moments)
    {
        using var quiet = no_grad();
        Rate = rate;
        _states = [.. from g in groups from p in g.Parameters select new ParameterState(p, g.Decay, [.. Enumerable.Range(0, moments).Select(_ => zeros_like(p).DetachFromDisposeScope())])];
    }

    /// <summary>Step size of the steps to come.</summary>
    public double Rate { get; set; }

    /// <summary>The state of each parameter, in the order in which they were given.</summary>
    public IReadOnlyList<ParameterState> States => _states;

    /// <summary>Forgets the gradients.</summary>
    public void ZeroGradients()
    {
        foreach (var state in _states)
        {
            using var gradient = state.Parameter.grad;
            gradient?.zero_();
        }
    }

    /// <summary>Moves every parameter that has a gradient.</summary>
    public void Step()
    {
        using var quiet = no_grad();
        foreach (var state in _states)
        {
            using var scope = NewDisposeScope();
            if (state.Parameter.grad is not { } gradient) continue;
            state.Steps++;
            Move(state, gradient);
        }
    }

    /// <summary>Makes it what it was before its first step; the parameters stay.</summary>
    public void Forget()
    {
        foreach (var state in _states)
        {
            state.Steps = 0;
            foreach (var moment in state.Moments) moment.zero_();
        }
    }

    /// <summary>One step of one parameter, counted already; runs without gradients, and what it makes is freed after it.</summary>
    protected abstract void Move(ParameterState state, Tensor gradient);

    /// <summary>Frees the running means; the parameters stay.</summary>
    public void Dispose()
    {
        foreach (var moment in _states.SelectMany(s => s.Moments)) moment.Dispose();
    }
}

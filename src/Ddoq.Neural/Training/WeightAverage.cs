using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Training;

/// <summary>Exponential running average of a module's parameters, started without bias: the decay grows from 0 as (1 + n)/(10 + n).</summary>
internal sealed class WeightAverage
{
    private readonly (Tensor Live, Tensor Mean)[] _pairs;
    private readonly double _decay;

    public WeightAverage(nn.Module module, double decay)
    {
        _decay = decay;
        _pairs = [.. module.parameters().Select(p => ((Tensor)p, p.detach().clone().DetachFromDisposeScope()))];
    }

    public long Updates { get; set; }

    public IEnumerable<Tensor> Means => _pairs.Select(p => p.Mean);

    public void Update()
    {
        using var quiet = no_grad();
        var decay = Math.Min(_decay, (1.0 + Updates) / (10.0 + Updates));
        foreach (var (live, mean) in _pairs) mean.TimesInPlace(decay).PlusInPlace(live, 1 - decay);
        Updates++;
    }

    public void CopyToModule()
    {
        using var quiet = no_grad();
        foreach (var (live, mean) in _pairs) live.copy_(mean);
    }

    /// <summary>Puts the average into the module for as long as <paramref name="use"/> runs; the training goes on with its own weights.</summary>
    public void During(Action use)
    {
        Exchange();
        use();
        Exchange();
    }

    private void Exchange()
    {
        using var quiet = no_grad();
        foreach (var (live, mean) in _pairs)
        {
            using var aside = live.clone();
            live.copy_(mean);
            mean.copy_(aside);
        }
    }
}

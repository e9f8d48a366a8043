using System.Runtime.InteropServices;
using Ddoq.Foundations;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks;

/// <summary>
/// Fills parameters from our own streams, one stream per parameter name, so that a seed gives the same network on every
/// machine and whatever else was drawn before. Norm weights are 1, norm biases 0.
/// </summary>
public static class Initialization
{
    /// <summary>
    /// PyTorch's default for convolution and linear layers: weight and bias uniform in +-1/sqrt(fan_in)
    /// (He et al. 2015 with a = sqrt 5). Rank-1 "weight" parameters are taken for norms.
    /// </summary>
    public static TModule WithTorchDefaults<TModule>(this TModule module, SeedSequence seeds) where TModule : nn.Module
    {
        using var quiet = no_grad();
        var parameters = module.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        foreach (var (name, parameter) in parameters)
        {
            var owner = name[..(name.LastIndexOf('.') + 1)];
            var fanOf = parameters.TryGetValue(owner + "weight", out var weight) ? weight : parameter;
            if (fanOf.dim() >= 2) parameter.Fill(seeds.Stream(name), 1.0 / Math.Sqrt(fanOf.numel() / (double)fanOf.shape[0]));
            else parameter.FillWith(name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0);
        }
        return module;
    }

    /// <summary>Uniform in [-<paramref name="bound"/>, <paramref name="bound"/>).</summary>
    public static void Fill(this Tensor parameter, SplitMix stream, double bound)
    {
        var values = new float[parameter.numel()];
        for (var i = 0; i < values.Length; i++) values[i] = (float)((2 * stream.NextDouble() - 1) * bound);
        parameter.CopyFrom(values);
    }

    /// <summary>Standard normal noise from a stream of ours, shape as given.</summary>
    public static Tensor Gaussian(SplitMix stream, params long[] shape)
    {
        var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (var i = 0; i < values.Length; i++) values[i] = (float)stream.NextGaussian();
        return tensor(values, shape);
    }

    /// <summary>Copies host values into a tensor of the same number of elements.</summary>
    public static void CopyFrom(this Tensor target, ReadOnlySpan<float> values)
    {
        using var quiet = no_grad();
        using var host = tensor(values.ToArray(), target.shape);
        target.copy_(host);
    }

    /// <summary>Copies a float tensor to the host, row-major.</summary>
    public static float[] ToFloats(this Tensor source)
    {
        using var scope = NewDisposeScope();
        var plain = source.detach().to(ScalarType.Float32).cpu().contiguous();
        return MemoryMarshal.Cast<byte, float>(plain.bytes).ToArray();
    }
}

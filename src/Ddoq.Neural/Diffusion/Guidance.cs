using static TorchSharp.torch;

namespace Ddoq.Neural.Diffusion;

/// <summary>Classifier-free guidance (Ho and Salimans 2022).</summary>
public static class Guidance
{
    /// <summary>unconditional + scale (conditional - unconditional), from one batch that holds both halves in this order: conditional, unconditional.</summary>
    public static Tensor Combine(Tensor both, double scale)
    {
        var halves = both.chunk(2, 0);
        return halves[1] + scale * (halves[0] - halves[1]);
    }
}

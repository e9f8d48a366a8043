using static TorchSharp.torch;

namespace Ddoq.Neural.Diffusion;

/// <summary>Classifier-free guidance (Ho and Salimans 2022).</summary>
public static class Guidance
{
    /// <summary>unconditional + scale (conditional - unconditional), from one batch that holds both halves in this order: conditional, unconditional.</summary>
    /// <param name="both">2N x C x H x W.</param>
    /// <param name="scale">1 is the conditional half.</param>
    /// <param name="channels">How many channels are guided, the first ones; the others are those of the conditional half. Null for all.</param>
    /// <returns>N x C x H x W.</returns>
    public static Tensor Combine(Tensor both, double scale, long? channels = null)
    {
        var halves = both.chunk(2, 0);
        if (channels is not { } guided || guided >= both.shape[1]) return halves[1] + scale * (halves[0] - halves[1]);
        var (named, plain) = (halves[0].narrow(1, 0, guided), halves[1].narrow(1, 0, guided));
        return cat([plain + scale * (named - plain), halves[0].narrow(1, guided, both.shape[1] - guided)], 1);
    }
}

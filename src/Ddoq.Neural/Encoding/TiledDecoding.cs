using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Encoding;

/// <summary>
/// Decodes large latents tile by tile, so that memory does not grow with the image. Tiles overlap and are blended linearly, because each has
/// norms of its own; so a tiled image differs a little from one decoded at once.
/// </summary>
internal static class TiledDecoding
{
    /// <summary>Rows and columns of a tile. A latent that is no larger is decoded at once.</summary>
    public const long Side = 64;

    private const long Overlap = 16;

    /// <param name="latents">N x C x H x W.</param>
    /// <param name="factor">Pixels per cell along an axis.</param>
    /// <param name="decode">Decodes latents at once.</param>
    /// <returns>N x C' x factor H x factor W.</returns>
    public static Tensor Decode(Tensor latents, int factor, Func<Tensor, Tensor> decode)
    {
        long height = latents.shape[2], width = latents.shape[3];
        if (height <= Side && width <= Side) return decode(latents);
        using var scope = NewDisposeScope();
        Tensor? sum = null, weights = null;
        foreach (var top in Starts(height))
            foreach (var left in Starts(width))
            {
                using var inner = NewDisposeScope();
                long rows = Math.Min(Side, height), columns = Math.Min(Side, width);
                var tile = decode(latents.narrow(2, top, rows).narrow(3, left, columns)).@float();
                sum ??= zeros(tile.shape[0], tile.shape[1], height * factor, width * factor).MoveToOuterDisposeScope();
                weights ??= zeros(1, 1, height * factor, width * factor).MoveToOuterDisposeScope();
                var weight = Ramp(rows * factor, Overlap * factor).unsqueeze(1) * Ramp(columns * factor, Overlap * factor).unsqueeze(0);
                sum.narrow(2, top * factor, rows * factor).narrow(3, left * factor, columns * factor).PlusInPlace(tile * weight);
                weights.narrow(2, top * factor, rows * factor).narrow(3, left * factor, columns * factor).PlusInPlace(weight);
            }
        return (sum! / weights!).MoveToOuterDisposeScope();
    }

    private static IEnumerable<long> Starts(long size)
    {
        for (long at = 0; ; at += Side - Overlap)
        {
            yield return Math.Max(0, Math.Min(at, size - Side));
            if (at + Side >= size) yield break;
        }
    }

    // Rises over the overlap at both ends; never 0, so the outermost pixels keep a weight.
    private static Tensor Ramp(long size, long overlap)
    {
        var from = TensorArithmetic.CountUp(size, ScalarType.Float32).Plus(1);
        return minimum(from, from.flip(0)).Bounded(1, overlap).Over(overlap);
    }
}

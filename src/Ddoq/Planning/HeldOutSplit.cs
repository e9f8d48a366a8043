using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Planning;

/// <summary>The samples of a class in two parts: those that centroids are fitted to, and those that judge them.</summary>
/// <param name="Fitted">Samples to fit, in their order.</param>
/// <param name="HeldOut">The others, in their order.</param>
public sealed record HeldOutSplit(Samples Fitted, Samples HeldOut)
{
    /// <summary>Draws the split; the same for any order of work.</summary>
    /// <param name="samples">N x D.</param>
    /// <param name="share">Part that is held out, in (0, 1), rounded to whole samples but at least one on either side.</param>
    /// <param name="seeds">The run's seeds.</param>
    /// <param name="classIndex">Class, which only chooses the stream.</param>
    /// <returns>The split; null where there are fewer than two samples.</returns>
    public static HeldOutSplit? Of(Samples samples, double share, SeedSequence seeds, int classIndex)
    {
        if (!(share > 0 && share < 1)) throw new ArgumentOutOfRangeException(nameof(share), share, "the share held out lies between 0 and 1.");
        if (samples.Count < 2) return null;
        var order = seeds.Stream("plan/held-out", classIndex).Permutation(samples.Count);
        var held = Math.Clamp((int)Math.Round(share * samples.Count), 1, samples.Count - 1);
        return new HeldOutSplit(Part(samples, order[held..]), Part(samples, order[..held]));
    }

    // What lies in a file stays there.
    private static Samples Part(Samples samples, int[] rows)
    {
        Array.Sort(rows);
        return samples is MappedSamples file ? file.View(rows, file.Name) : samples.Select(rows);
    }
}

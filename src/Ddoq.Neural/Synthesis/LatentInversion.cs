using Ddoq.Foundations;
using Ddoq.Latents;

namespace Ddoq.Neural.Synthesis;

/// <summary>The stage "invert" of <see cref="StartPoint.Inverted"/>: every latent of a store up the probability flow to the start level, under its class.</summary>
public static class LatentInversion
{
    // Rows that a killed run loses at most.
    private const int Window = 256;

    /// <summary>Writes the inverted store, or goes on with one that was cut off.</summary>
    /// <param name="clean">Clean latents.</param>
    /// <param name="prior">With a <see cref="IPrior.SpaceHash"/>.</param>
    /// <param name="path">Folder that appears whole or not at all; unfinished work lies beside it.</param>
    /// <param name="progress">Receives each window.</param>
    /// <param name="cancel">Checked once per call of the denoiser.</param>
    /// <exception cref="UsageException">The prior has no flow.</exception>
    /// <exception cref="BadInputException">The prior does not take such latents.</exception>
    public static LatentStore InvertOrContinue(LatentStore clean, IPrior prior, string path, IProgress<StageProgress>? progress = null, CancellationToken cancel = default)
    {
        RequireFlow(prior);
        var description = clean.Description with { EncoderSha256 = prior.SpaceHash, Encoder = $"{clean.Description.Encoder}, inverted" };
        using (var writer = LatentStoreWriter.Continue(path, description, replace: true, discardOther: true))
        {
            var done = Enumerable.Range(0, clean.ClassCount).Sum(writer.CountOf);
            for (var c = 0; c < clean.ClassCount; c++)
            {
                var (rows, sources, label) = (clean.ReadClass(c), clean.SourceIndices(c), new ClassLabel(c, clean.ClassNames[c]));
                for (var first = (int)writer.CountOf(c); first < rows.Count; first += Window)
                {
                    var count = Math.Min(Window, rows.Count - first);
                    var inverted = prior.Invert(rows.Values.Span.Slice(first * rows.Dimension, count * rows.Dimension), clean.Shape, label, cancel);
                    writer.Append(c, inverted, [.. sources.Skip(first).Take(count).Select(s => (int)s)]);
                    writer.Flush();
                    progress?.Report(new StageProgress("invert", done += count, clean.Count, "latents"));
                }
            }
            writer.Finish();
        }
        return LatentStore.Open(path);
    }

    /// <summary>Refuses a prior that has no flow; ask before images are encoded, which may take hours.</summary>
    /// <exception cref="UsageException">It has none, or was opened for another start.</exception>
    public static void RequireFlow(IPrior prior)
    {
        if (prior.SpaceHash.Length == 0) throw new UsageException("--start inverted needs a diffusion prior with that start: choose another --prior, or --start noised.");
    }

    /// <summary>Hash of a space that depends on the encoder, the denoiser and the steps taken.</summary>
    internal static string SpaceHash(string encoder, string prior, string steps) => Hashes.OfHashes(encoder, prior, Hashes.OfBytes(System.Text.Encoding.UTF8.GetBytes(steps)));
}

using Ddoq.Foundations;
using Ddoq.Latents;

namespace Ddoq.Neural.Synthesis;

/// <summary>Several noise draws for each point, of which the one with the least score is kept.</summary>
/// <param name="inner">The prior that draws.</param>
/// <param name="draws">Draws per point, at least 1.</param>
/// <param name="score">Scores K refined latents of one class: (class, centroids K x D, refined K x D) to K numbers.</param>
public sealed class BestOfDraws(IPrior inner, int draws, Func<ClassLabel, float[], float[], double[]> score) : IPrior
{
    /// <inheritdoc />
    public string Name => inner.Name;

    /// <inheritdoc />
    public string Hash => inner.Hash;

    /// <inheritdoc />
    public string EncoderHash => inner.EncoderHash;

    /// <inheritdoc />
    public string SpaceHash => inner.SpaceHash;

    /// <summary>Squared distance of each refined latent to its centroid.</summary>
    public static double[] SquaredDistances(float[] centroids, float[] refined, int dimension)
    {
        var squares = new double[refined.Length / dimension];
        for (var i = 0; i < refined.Length; i++) squares[i / dimension] += ((double)refined[i] - centroids[i]) * ((double)refined[i] - centroids[i]);
        return squares;
    }

    /// <inheritdoc />
    public float[] Invert(ReadOnlySpan<float> latents, LatentShape shape, ClassLabel label, CancellationToken cancel = default) => inner.Invert(latents, shape, label, cancel);

    /// <inheritdoc />
    public float[] Refine(ReadOnlySpan<float> centroids, LatentShape shape, ClassLabel label, SeedSequence seeds, CancellationToken cancel = default)
    {
        var (points, d) = (centroids.ToArray(), shape.Dimension);
        var (best, least) = (Array.Empty<float>(), Array.Empty<double>());
        for (var draw = 0; draw < draws; draw++)
        {
            // The first draw is the one that there would be without others.
            var refined = inner.Refine(points, shape, label, draw == 0 ? seeds : new SeedSequence(seeds.For("draw", draw)), cancel);
            var scores = score(label, points, refined);
            if (draw == 0) (best, least) = (refined, scores);
            for (var k = 0; draw > 0 && k < scores.Length; k++)
            {
                if (scores[k] >= least[k]) continue;
                least[k] = scores[k];
                refined.AsSpan(k * d, d).CopyTo(best.AsSpan(k * d));
            }
        }
        return best;
    }
}

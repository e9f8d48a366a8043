using Ddoq.Foundations;
using Ddoq.Latents;

namespace Ddoq.Neural.Synthesis;

/// <summary>What turns a centroid, a mean of many latents, into a latent that looks like one of them.</summary>
public interface IPrior
{
    /// <summary>Name for people: "none", "dit".</summary>
    string Name { get; }

    /// <summary>SHA-256 of the model behind it; empty for none.</summary>
    string Hash { get; }

    /// <summary>Hash of the encoder whose latents it takes; empty for any.</summary>
    string EncoderHash { get; }

    /// <summary>Refines the centroids of one class.</summary>
    /// <param name="centroids">K x D.</param>
    /// <param name="shape">Shape of z.</param>
    /// <param name="label">Class of the centroids.</param>
    /// <param name="seeds">Each point draws its noise from a stream of its own.</param>
    /// <param name="cancel">Checked once per batch.</param>
    /// <returns>K x D.</returns>
    float[] Refine(ReadOnlySpan<float> centroids, LatentShape shape, ClassLabel label, SeedSequence seeds, CancellationToken cancel = default);
}

/// <summary>A class of the data.</summary>
/// <param name="Index">Its label, in [0, L).</param>
/// <param name="Name">Its name, which a text prompt is made of.</param>
public readonly record struct ClassLabel(int Index, string Name);

/// <summary>Leaves the centroid as it is: decoded by the autoencoder alone.</summary>
public sealed class NoPrior : IPrior
{
    /// <inheritdoc />
    public string Name => "none";

    /// <inheritdoc />
    public string Hash => "";

    /// <inheritdoc />
    public string EncoderHash => "";

    /// <inheritdoc />
    public float[] Refine(ReadOnlySpan<float> centroids, LatentShape shape, ClassLabel label, SeedSequence seeds, CancellationToken cancel = default) => centroids.ToArray();
}

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

    /// <summary>
    /// What the space of its centroids depends on beyond the encoder: empty for clean latents, else a hash that a codebook of <see cref="Invert"/>ed latents carries with the encoder's
    /// (<see cref="LatentInversion.SpaceHash"/>).
    /// </summary>
    string SpaceHash => "";

    /// <summary>Carries clean latents of one class to the space in which its centroids are wanted.</summary>
    /// <param name="latents">N x D.</param>
    /// <param name="shape">Shape of z.</param>
    /// <param name="label">Class of the latents.</param>
    /// <param name="cancel">Checked once per call of the denoiser.</param>
    /// <returns>N x D.</returns>
    float[] Invert(ReadOnlySpan<float> latents, LatentShape shape, ClassLabel label, CancellationToken cancel = default) => latents.ToArray();

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

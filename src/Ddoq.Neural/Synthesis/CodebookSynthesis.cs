using Ddoq.Foundations;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Runtime;
using Ddoq.Quantization;

namespace Ddoq.Neural.Synthesis;

/// <summary>The stage "synthesize": every centroid of a codebook through a prior and a decoder.</summary>
public static class CodebookSynthesis
{
    // Numbers of an image from which the blocks of denoiser and decoder differ by hundreds of megabytes.
    private const int LargeImage = 3 * 256 * 256;

    /// <summary>Images of all centroids, class by class, B x C x H x W bytes.</summary>
    /// <param name="codebook">Centroids in the codec's latent space.</param>
    /// <param name="codec">Decoder.</param>
    /// <param name="prior">What makes a latent of a centroid.</param>
    /// <param name="seeds">Root of the noise.</param>
    /// <param name="progress">Receives each class.</param>
    /// <param name="cancel">Checked once per denoising step.</param>
    /// <exception cref="BadInputException">Codebook, codec and prior do not belong together.</exception>
    /// <exception cref="WorkFailedException">A refined latent is not finite.</exception>
    public static byte[] Synthesize(Codebook codebook, ILatentCodec codec, IPrior prior, SeedSequence seeds,
        IProgress<StageProgress>? progress = null, CancellationToken cancel = default)
    {
        RequireSameSpace(codebook, codec, prior);
        return EachClass(codebook, prior, seeds, progress, cancel, latents =>
        {
            if (codec.Image.Size >= LargeImage) NativeMemory.Trim();
            return codec.DecodeAll(latents);
        });
    }

    /// <summary>The latents of all images before they are decoded, class by class, P x D.</summary>
    /// <inheritdoc cref="Synthesize"/>
    public static float[] Refine(Codebook codebook, ILatentCodec codec, IPrior prior, SeedSequence seeds, IProgress<StageProgress>? progress = null, CancellationToken cancel = default)
    {
        RequireSameSpace(codebook, codec, prior);
        return EachClass(codebook, prior, seeds, progress, cancel, latents => latents);
    }

    private static T[] EachClass<T>(Codebook codebook, IPrior prior, SeedSequence seeds, IProgress<StageProgress>? progress, CancellationToken cancel, Func<float[], T[]> use)
    {
        var parts = new T[codebook.Classes.Count][];
        for (var c = 0; c < parts.Length; c++)
        {
            parts[c] = use(RefineClass(codebook, c, prior, seeds, cancel));
            progress?.Report(new StageProgress("synthesize", c + 1, parts.Length, "classes"));
        }
        return [.. parts.SelectMany(p => p)];
    }

    private static float[] RefineClass(Codebook codebook, int c, IPrior prior, SeedSequence seeds, CancellationToken cancel)
    {
        var points = codebook.Classes[c];
        var latents = prior.Refine(points.Centroids, codebook.Shape, new ClassLabel(c, points.Name), seeds, cancel);
        if (Array.FindIndex(latents, v => !float.IsFinite(v)) is var at and >= 0)
            throw new WorkFailedException($"synthesis of class '{points.Name}', image {at / codebook.Shape.Dimension}: the latent became {latents[at]}. Lower the guidance scale or raise the start SNR.");
        return latents;
    }

    private static void RequireSameSpace(Codebook codebook, ILatentCodec codec, IPrior prior)
    {
        var space = prior.SpaceHash.Length > 0 ? prior.SpaceHash : codec.Hash;
        if (prior.SpaceHash.Length > 0 && codebook.EncoderSha256 == codec.Hash)
            throw new BadInputException($"the codebook was made of clean latents; the start 'inverted' takes points of latents that this prior has inverted. Use 'ddoq distill --start inverted', which inverts them, or another start.");
        if (codebook.Shape != codec.Latent || (codebook.EncoderSha256.Length > 0 && codebook.EncoderSha256 != space))
            throw new BadInputException($"the codebook ({codebook.Shape}, encoder {Short(codebook.EncoderSha256)}) was made with another encoder than this one ({codec.Latent}, {Short(space)}). Decode it with the encoder that it was made with.");
        if (prior.EncoderHash.Length > 0 && prior.EncoderHash != codec.Hash)
            throw new BadInputException($"the prior was trained on latents of encoder {Short(prior.EncoderHash)}, these are of encoder {Short(codec.Hash)}. Train it again with 'ddoq fit prior', or pass the encoder that it belongs to.");
    }

    private static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash;
}

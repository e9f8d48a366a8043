using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Synthesis;

namespace Ddoq.Cli.Models;

/// <summary>What <c>--prior</c> means: an encoder-decoder, and what refines a centroid in its latent space.</summary>
/// <param name="Codec">Encoder and decoder.</param>
/// <param name="Prior">Refines centroids.</param>
/// <param name="Name">As the user wrote it: a bundle, "none", "pca" or a folder.</param>
internal sealed record PriorChoice(ILatentCodec Codec, IPrior Prior, string Name)
{
    public const string None = "none", Pca = "pca";

    /// <summary>Loads what <paramref name="spec"/> names; libtorch must have been started, except for "pca".</summary>
    /// <param name="spec">A bundle, "none", "pca" or a folder.</param>
    /// <param name="vae">Bundle or folder of another encoder-decoder, or null for the one that belongs to the prior.</param>
    /// <param name="synthesis">How centroids pass through a diffusion prior.</param>
    /// <param name="dataset">Images that "pca" is fitted on; null where there are none, which "pca" then refuses.</param>
    /// <param name="bundled">Bundles; null for those beside the program.</param>
    /// <exception cref="UsageException">Nothing of that name, or a prior without its encoder.</exception>
    /// <exception cref="BadInputException">A model is damaged, of another kind, or belongs to another encoder.</exception>
    public static PriorChoice Resolve(string spec, string? vae, SynthesisOptions synthesis, IImageDataset? dataset = null, BundledModels? bundled = null)
    {
        bundled ??= BundledModels.BesideTheProgram;
        if (spec == Pca) return OfPca(vae, dataset);
        if (spec == None) return new(CodecChoice.Resolve(vae ?? BundledModels.Default, bundled), new NoPrior(), spec);
        if (bundled.Has(spec)) return OfDiffusion(CodecChoice.Resolve(vae ?? spec, bundled), bundled.Folder(spec, "prior"), spec, synthesis);
        if (Directory.Exists(spec)) return OfFolder(spec, vae, synthesis, bundled);
        throw new UsageException($"--prior '{spec}' is unknown. Accepted: {Accepted(bundled)}.");
    }

    /// <summary>Refuses classes that the prior was not trained on: each centroid would be denoised under another class.</summary>
    /// <exception cref="BadInputException">Names or order differ.</exception>
    public void RequireKnows(IReadOnlyList<string> classNames)
    {
        if (Prior is DiTPrior dit && !dit.ClassNames.SequenceEqual(classNames, StringComparer.Ordinal))
            throw new BadInputException($"the prior '{Name}' knows the classes [{string.Join(", ", dit.ClassNames)}], the data have [{string.Join(", ", classNames)}]. Names and order must agree: use --prior none or pca, or train a prior with 'ddoq fit prior'.");
    }

    private static string Accepted(BundledModels bundled) => string.Join("; ",
    [
        .. bundled.Names,
        $"{None} (the VAE alone; --vae names it)",
        $"{Pca} (fitted on the data set)",
        "a folder with vae/ and prior/ inside",
        "the folder of a prior, with --vae FOLDER",
        "the folder of a saved pca basis",
    ]);

    private static PriorChoice OfPca(string? vae, IImageDataset? dataset)
    {
        if (vae is not null) throw new UsageException($"--prior {Pca} brings its own encoder: leave --vae out.");
        if (dataset is null) throw new UsageException($"--prior {Pca} is fitted while images are encoded. Here, give the folder of the basis that 'ddoq encode' saved.");
        throw new UsageException($"--prior {Pca} is not in this version yet. Use --prior {None} with a VAE.");
    }

    private static PriorChoice OfFolder(string folder, string? vae, SynthesisOptions synthesis, BundledModels bundled)
    {
        var (ownVae, ownPrior) = (Path.Combine(folder, "vae"), Path.Combine(folder, "prior"));
        if (ModelKind.Of(ownPrior) is not null && (vae is not null || ModelKind.Of(ownVae) is not null))
            return OfDiffusion(CodecChoice.Resolve(vae ?? ownVae, bundled), ownPrior, folder, synthesis);
        return ModelKind.Of(folder) switch
        {
            "prior" when vae is null => throw new UsageException($"'{folder}' is a prior without its encoder. Pass the encoder that it was trained on with --vae FOLDER."),
            "prior" => OfDiffusion(CodecChoice.Resolve(vae, bundled), folder, folder, synthesis),
            "vae" => throw new UsageException($"'{folder}' is a VAE, not a prior. Pass --prior {None} --vae '{folder}' to decode with it alone."),
            null => throw new UsageException($"--prior '{folder}' is a folder without a model of ours. Accepted: {Accepted(bundled)}."),
            var kind => throw new UsageException($"'{folder}' is a {kind}, not a prior. Accepted: {Accepted(bundled)}."),
        };
    }

    private static PriorChoice OfDiffusion(ILatentCodec codec, string folder, string name, SynthesisOptions synthesis)
    {
        var prior = DiTPrior.Load(folder, synthesis);
        if (prior.EncoderHash != codec.Hash)
            throw new BadInputException($"the prior '{folder}' was trained on latents of encoder {Short(prior.EncoderHash)}, the encoder given is {Short(codec.Hash)}. Pass the encoder that it belongs to, or train it again with 'ddoq fit prior'.");
        return new PriorChoice(codec, prior, name);
    }

    private static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash;
}

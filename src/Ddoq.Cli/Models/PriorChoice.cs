using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;
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

    /// <summary>Loads what <paramref name="spec"/> names; libtorch must have been started.</summary>
    /// <param name="spec">A bundle, "none", "pca" or a folder.</param>
    /// <param name="vae">Bundle or folder of another encoder-decoder, or null for the one that belongs to the prior.</param>
    /// <param name="synthesis">How centroids pass through a diffusion prior.</param>
    /// <param name="dataset">Images that "pca" is fitted on; null where there are none, which "pca" then refuses.</param>
    /// <param name="bundled">Bundles; null for those beside the program.</param>
    /// <param name="progress">Told of the fitting of "pca".</param>
    /// <param name="draws">Draws latents from the posterior of a diffusers folder's VAE; null takes its mean.</param>
    /// <param name="cancel">Stops the fitting of "pca".</param>
    /// <exception cref="UsageException">Nothing of that name, or a prior without its encoder.</exception>
    /// <exception cref="BadInputException">A model is damaged, of another kind, or belongs to another encoder.</exception>
    public static PriorChoice Resolve(string spec, string? vae, SynthesisOptions synthesis, IImageDataset? dataset = null, BundledModels? bundled = null,
        IProgress<StageProgress>? progress = null, SeedSequence? draws = null, CancellationToken cancel = default)
    {
        bundled ??= BundledModels.BesideTheProgram;
        if (spec == Pca) return OfPca(vae, dataset, progress, cancel);
        if (spec == None) return new(CodecChoice.Resolve(vae ?? BundledModels.Default, bundled), new NoPrior(), spec);
        if (bundled.Has(spec)) return OfDiffusion(CodecChoice.Resolve(vae ?? spec, bundled), bundled.Folder(spec, "prior"), spec, synthesis);
        if (DiffusersFolder.IsOne(spec)) return OfDiffusers(DiffusersFolder.Open(spec), vae, synthesis, dataset, draws);
        if (File.Exists(spec)) return OfCheckpoint(spec, vae, synthesis, dataset, draws);
        if (Directory.Exists(spec)) return OfFolder(spec, vae, synthesis, bundled);
        throw new UsageException($"--prior '{spec}' is unknown. Accepted: {Accepted(bundled)}.");
    }

    /// <summary>Refuses classes that the prior was not trained on: each centroid would be denoised under another class.</summary>
    /// <exception cref="BadInputException">Names or order differ.</exception>
    public void RequireKnows(IReadOnlyList<string> classNames)
    {
        if (Prior is DiTPrior dit && !dit.Classes.Know(classNames))
            throw new BadInputException($"the prior '{Name}' knows the classes [{dit.Classes}], the data have [{string.Join(", ", classNames)}]. {dit.Classes.Demand}: use --prior none or pca, or train a prior with 'ddoq fit prior'.");
    }

    private static string Accepted(BundledModels bundled) => string.Join("; ",
    [
        .. bundled.Names,
        $"{None} (the VAE alone; --vae names it)",
        $"{Pca} (fitted on the data set)",
        "a folder in diffusers layout (Stable Diffusion or DiT), with model_index.json",
        "a DiT checkpoint under the official names, with --vae FOLDER of its VAE in diffusers layout",
        "a folder with vae/ and prior/ inside",
        "the folder of a prior, with --vae FOLDER",
        "a saved pca basis, or the latent store that holds it",
    ]);

    private static PriorChoice OfPca(string? vae, IImageDataset? dataset, IProgress<StageProgress>? progress, CancellationToken cancel)
    {
        if (vae is not null) throw new UsageException($"--prior {Pca} brings its own encoder: leave --vae out.");
        if (dataset is null) throw new UsageException($"--prior {Pca} is fitted while images are encoded. Here, give the folder of the basis that 'ddoq encode' saved.");
        return new PriorChoice(PcaCodec.Fit(dataset, progress: progress, cancel: cancel), new NoPrior(), Pca);
    }

    private static PriorChoice OfFolder(string folder, string? vae, SynthesisOptions synthesis, BundledModels bundled)
    {
        var (ownVae, ownPrior) = (Path.Combine(folder, "vae"), Path.Combine(folder, "prior"));
        if (ModelKind.Of(ownPrior) is not null && (vae is not null || ModelKind.Of(ownVae) is not null))
            return OfDiffusion(CodecChoice.Resolve(vae ?? ownVae, bundled), ownPrior, folder, synthesis);
        var ownBasis = Path.Combine(folder, Pca); // as in the latent store that encode made with it
        if (ModelKind.Of(ownBasis) is not null) return OfBasis(ownBasis, vae, folder);
        return ModelKind.Of(folder) switch
        {
            Pca => OfBasis(folder, vae, folder),
            "prior" when vae is null => throw new UsageException($"'{folder}' is a prior without its encoder. Pass the encoder that it was trained on with --vae FOLDER."),
            "prior" => OfDiffusion(CodecChoice.Resolve(vae, bundled), folder, folder, synthesis),
            "vae" => throw new UsageException($"'{folder}' is a VAE, not a prior. Pass --prior {None} --vae '{folder}' to decode with it alone."),
            null => throw new UsageException($"--prior '{folder}' is a folder without a model of ours. Accepted: {Accepted(bundled)}."),
            var kind => throw new UsageException($"'{folder}' is a {kind}, not a prior. Accepted: {Accepted(bundled)}."),
        };
    }

    private static PriorChoice OfDiffusers(DiffusersFolder folder, string? vae, SynthesisOptions synthesis, IImageDataset? dataset, SeedSequence? draws)
    {
        if (vae is not null) throw new UsageException($"'{folder.Path}' brings its own VAE: leave --vae out, or replace its folder vae/.");
        ILatentCodec codec = KLCodec.Load(folder, synthesis.Precision, draws);
        IPrior prior = folder.Kind == DiffusersKind.StableDiffusion ? StableDiffusionPrior.Load(folder, synthesis) : DiTPrior.Load(folder, synthesis);
        return new PriorChoice(dataset is null ? codec : ReframedCodec.For(codec, dataset.Shape), prior, folder.Path);
    }

    private static PriorChoice OfCheckpoint(string file, string? vae, SynthesisOptions synthesis, IImageDataset? dataset, SeedSequence? draws)
    {
        if (vae is null) throw new UsageException($"'{file}' is a DiT without its VAE. Pass the folder of the VAE that it was trained on, such as sd-vae-ft-mse or -ema, with --vae FOLDER.");
        var inside = Path.Combine(vae, "vae"); // a whole pipeline holds it there
        var folder = DiffusersFolder.IsOne(vae) ? inside : vae;
        if (!File.Exists(Path.Combine(folder, "config.json"))) throw new UsageException($"--vae '{vae}' is no VAE in diffusers layout: expected config.json and the weights beside it.");
        var codec = KLCodec.LoadAlone(folder, OfficialDiT.ShapeOf(file).Height, synthesis.Precision, draws);
        var prior = DiTPrior.LoadOfficial(file, codec.Hash, synthesis);
        return new PriorChoice(dataset is null ? codec : ReframedCodec.For(codec, dataset.Shape), prior, file);
    }

    private static PriorChoice OfBasis(string folder, string? vae, string name) => vae is null
        ? new PriorChoice(PcaCodec.Load(folder), new NoPrior(), name)
        : throw new UsageException($"'{folder}' is a pca basis, which brings its own encoder: leave --vae out.");

    private static PriorChoice OfDiffusion(ILatentCodec codec, string folder, string name, SynthesisOptions synthesis)
    {
        var prior = DiTPrior.Load(folder, synthesis);
        if (prior.EncoderHash != codec.Hash)
            throw new BadInputException($"the prior '{folder}' was trained on latents of encoder {Short(prior.EncoderHash)}, the encoder given is {Short(codec.Hash)}. Pass the encoder that it belongs to, or train it again with 'ddoq fit prior'.");
        return new PriorChoice(codec, prior, name);
    }

    private static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash;
}

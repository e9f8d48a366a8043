using Ddoq.Augmentations;
using Ddoq.Baselines;
using Ddoq.Cli.Models;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Labelling;
using Ddoq.Neural.Synthesis;
using Ddoq.Quantization;

namespace Ddoq.Cli.Pipeline;

/// <summary>
/// The order of the stages: dataset, latents, codebook, images, labels, distilled set. Each stage reads and writes artifacts
/// under <see cref="Folder"/> and is skipped if its artifact stands under the same fingerprint.
/// </summary>
internal sealed class Distillation(string folder, IImageDataset dataset, PriorChoice prior, Teacher teacher, DistillationRecipe recipe, SeedSequence seeds,
    string licence, int threads, IProgress<StageProgress> progress, CancellationToken cancel)
{
    /// <summary>Methods that <see cref="Set"/> can make.</summary>
    public static IReadOnlyList<string> Methods { get; } = ["ddoq", "d4m", "nearest", "random", "random-vae"];

    private readonly StageLedger _ledger = new(Path.Combine(folder, "stages"));
    private PixelNormalization? _normalization;
    private Codebook? _codebook;

    public string Folder => folder;

    public StageLedger Ledger => _ledger;

    public PixelNormalization Normalization => _normalization ??= PixelNormalization.Of(dataset);

    private string LatentsPath => Path.Combine(folder, "latents");

    private string CodebookPath => Path.Combine(folder, "codebook.safetensors");

    private string LatentsFingerprint => Fingerprint.Of("encode", dataset.Fingerprint, prior.Codec.Hash, LatentPrecision.Float16, recipe.DrawnLatents ? $"drawn {seeds.Root}" : "mean", recipe.Synthesis.Precision);

    private string InvertedPath => Path.Combine(folder, "latents-inverted");

    private string PointsFingerprint => prior.Prior.SpaceHash.Length == 0 ? LatentsFingerprint : Fingerprint.Of("invert", LatentsFingerprint, prior.Prior.SpaceHash);

    private string CodebookFingerprint => Fingerprint.Of("quantize", PointsFingerprint, recipe.Quantizer, seeds.Root);

    /// <summary>Latents of all images.</summary>
    public LatentStore Latents()
    {
        _ledger.Ensure("encode", LatentsFingerprint, LatentsPath, () => DatasetEncoding.EncodeOrContinue(dataset, prior.Codec, LatentsPath, LatentPrecision.Float16, true, progress, cancel));
        return LatentStore.Open(LatentsPath);
    }

    /// <summary>What is quantized: the latents, or where points enter the sampler as they are, the latents carried there.</summary>
    public LatentStore QuantizedLatents()
    {
        var clean = Latents();
        if (recipe.Synthesis.Start != StartPoint.Inverted) return clean;
        _ledger.Ensure("invert", PointsFingerprint, InvertedPath, () => LatentInversion.InvertOrContinue(clean, prior.Prior, InvertedPath, progress, cancel));
        return LatentStore.Open(InvertedPath);
    }

    /// <summary>K points per class with their Voronoi counts.</summary>
    public Codebook Codebook()
    {
        if (_codebook is not null) return _codebook;
        var latents = QuantizedLatents(); // before the stage, whose seconds are its own
        _ledger.Ensure("quantize", CodebookFingerprint, CodebookPath, () => Quantize(latents));
        return _codebook = Quantization.Codebook.Load(CodebookPath);
    }

    // Class by class: a run that is cut off goes on with the class that it was at.
    private void Quantize(LatentStore latents)
    {
        using var work = WorkFolder.Open(CodebookPath, new Dictionary<string, string> { ["work"] = "quantize", ["fingerprint"] = CodebookFingerprint }, discardOther: true);
        var build = new BuildOptions { Threads = threads, Parts = new CodebookParts(work.Path) };
        var options = Enumerable.Repeat(recipe.Quantizer, latents.ClassCount).ToArray();
        CodebookBuilder.Build(latents, options, seeds, build, progress, cancel).From(latents.Description).Save(CodebookPath, replace: true);
        work.Remove();
    }

    /// <summary>Squared W2 per class when every point weighs the same, exact.</summary>
    public double[] EqualWeightDistortions()
    {
        var (path, codebook) = (Path.Combine(folder, "equal-weight-distortion.npy"), Codebook());
        _ledger.Ensure("distances", Fingerprint.Of("distances", CodebookFingerprint), path, () =>
        {
            var latents = QuantizedLatents();
            var found = codebook.Classes.Select((points, c) => EqualWeightTransport.Cost(latents.ReadClass(c), points.Centroids, threads)).ToArray();
            Formats.NpyFile.Write<double>(path, found, [found.Length], replace: true);
        });
        using var file = Formats.NpyFile.Open(path);
        return file.ReadDoubles();
    }

    /// <summary>The distilled set of one method, labelled.</summary>
    /// <param name="method">One of <see cref="Methods"/>.</param>
    /// <param name="path">Where it goes.</param>
    public DistilledSet Set(string method, string path)
    {
        Codebook(); // stages before this one, so that its seconds are its own
        if (method == "d4m") Set("ddoq", SiblingOf("ddoq"));
        _ledger.Ensure($"set-{method}", SetFingerprint(method), path, () => Make(method).Save(path, replace: true));
        return DistilledSet.Load(path);
    }

    /// <summary>What the set of a method depends on.</summary>
    public string SetFingerprint(string method) => Fingerprint.Of($"set-{method}", CodebookFingerprint, prior.Prior.Hash, teacher.Hash, recipe.Synthesis, recipe.Labels, recipe.Weights, seeds.Root, licence);

    private DistilledSet Make(string method) => method switch
    {
        "ddoq" => Label("ddoq", () => Synthesized()),
        "d4m" => Set("ddoq", SiblingOf("ddoq")).WithEqualWeights("d4m"),
        "nearest" => Label("nearest", Nearest),
        "random" => Label("random", () => RandomReal(throughCodec: false)),
        "random-vae" => Label("random-vae", () => RandomReal(throughCodec: true)),
        _ => throw new UsageException($"method '{method}' is unknown: expected {string.Join(", ", Methods)}."),
    };

    /// <summary>Where the set of a method lies inside the run.</summary>
    public string SiblingOf(string method) => Path.Combine(folder, "sets", method);

    private DistilledSet Synthesized()
    {
        var codebook = Codebook();
        var pixels = CodebookSynthesis.Synthesize(codebook, prior.Codec, prior.Prior, seeds, progress, cancel);
        return SetAssembly.OfCodebook("ddoq", pixels, codebook, recipe.Weights, real: false, Provenance(), dataset.Shape);
    }

    private DistilledSet Nearest()
    {
        var codebook = Codebook();
        var pixels = RealSelection.Pixels(dataset, RealSelection.Nearest(codebook));
        return SetAssembly.OfCodebook("nearest", pixels, codebook, recipe.Weights, real: true, Provenance(), dataset.Shape);
    }

    private DistilledSet RandomReal(bool throughCodec)
    {
        var rows = RealSelection.Random(dataset, recipe.ImagesPerClass, seeds);
        var pixels = RealSelection.Pixels(dataset, rows);
        return SetAssembly.OfRows(throughCodec ? "random-vae" : "random", throughCodec ? prior.Codec.Through(pixels) : pixels, rows, dataset, real: !throughCodec, Provenance());
    }

    private DistilledSet Label(string method, Func<DistilledSet> images)
    {
        var set = images();
        var named = new ProgressOf(progress, "label", $"label {method}");
        return set.WithSoftLabels(SoftLabelling.Label(set, teacher, recipe.Labels, seeds, named, cancel));
    }

    private Provenance Provenance() => SetAssembly.ProvenanceOf(dataset, recipe, Normalization, seeds,
    [
        new ModelReference("encoder", prior.Codec.Name, prior.Codec.Hash),
        .. prior.Prior.Hash.Length > 0 ? [new ModelReference("prior", prior.Prior.Name, prior.Prior.Hash)] : Array.Empty<ModelReference>(),
        new ModelReference("teacher", teacher.Name, teacher.Hash),
    ], licence);

    private sealed class ProgressOf(IProgress<StageProgress> inner, string stage, string name) : IProgress<StageProgress>
    {
        public void Report(StageProgress value) => inner.Report(value.Stage == stage ? value with { Stage = name } : value);
    }
}

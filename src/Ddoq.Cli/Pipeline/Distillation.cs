using Ddoq.Augmentations;
using Ddoq.Baselines;
using Ddoq.Cli.Models;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Labelling;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Synthesis;
using Ddoq.Planning;
using Ddoq.Quantization;
using TorchSharp;

namespace Ddoq.Cli.Pipeline;

/// <summary>
/// The order of the stages for one method: data set, latents, codebook, images, labels, distilled set. Each stage reads and writes artifacts
/// under <see cref="Folder"/> and is skipped if its artifact stands under the same fingerprint.
/// </summary>
internal sealed class Distillation(RunFolder folder, IImageDataset dataset, PriorChoice prior, Teacher teacher, DistillationRecipe recipe, SeedSequence seeds,
    string licence, int threads, IProgress<StageProgress> progress, CancellationToken cancel)
{
    private PixelNormalization? _normalization;
    private Codebook? _codebook;
    private int[]? _counts;

    public RunFolder Folder => folder;

    public DistillationRecipe Recipe => recipe;

    public PixelNormalization Normalization => _normalization ??= PixelNormalization.Of(dataset);

    private string LatentsFingerprint => Fingerprint.Of("encode", dataset.Fingerprint, prior.Codec.Hash, LatentPrecision.Float16, recipe.DrawnLatents ? $"drawn {seeds.Root}" : "mean", recipe.Synthesis.Precision);

    private string FeaturesFingerprint => Fingerprint.Of("features", dataset.Fingerprint, teacher.Hash, LatentPrecision.Float16);

    private string PointsFingerprint => prior.Prior.SpaceHash.Length == 0 ? LatentsFingerprint : Fingerprint.Of("invert", LatentsFingerprint, prior.Prior.SpaceHash);

    private string CodebookFingerprint => Fingerprint.Of("quantize",
        [PointsFingerprint, recipe.Space == CellSpace.Teacher ? FeaturesFingerprint : "", recipe.Quantizer, seeds.Root, .. recipe.Spread == ClassSpread.Equal ? Array.Empty<object>() : [recipe.Spread, FeaturesFingerprint]]);

    /// <summary>What the set depends on.</summary>
    public string SetFingerprint => Fingerprint.Of($"set-{recipe.Method}", [CodebookFingerprint, teacher.Hash, string.Join(';', recipe.Variants()), recipe.Labels, recipe.Weights, seeds.Root, licence, .. PriorDependencies]);

    // What passes no prior does not depend on one.
    private object?[] PriorDependencies => DistillationMethods.Named(recipe.Method).UsesPrior ? [prior.Prior.Hash, recipe.Synthesis] : [];

    /// <summary>Latents of all images.</summary>
    public LatentStore Latents()
    {
        folder.Shared.Ledger.Ensure("encode", LatentsFingerprint, folder.LatentsPath,
            () => DatasetEncoding.EncodeOrContinue(dataset, prior.Codec, folder.LatentsPath, LatentPrecision.Float16, true, progress, cancel));
        return LatentStore.Open(folder.LatentsPath);
    }

    /// <summary>The teacher's features of all images.</summary>
    public LatentStore Features()
    {
        folder.Shared.Ledger.Ensure("features", FeaturesFingerprint, folder.FeaturesPath,
            () => DatasetEncoding.EncodeOrContinue(dataset, new TeacherFeatures(teacher), folder.FeaturesPath, LatentPrecision.Float16, true, progress, cancel));
        return LatentStore.Open(folder.FeaturesPath);
    }

    /// <summary>What is quantized: the latents, or where points enter the sampler as they are, the latents carried there.</summary>
    public LatentStore QuantizedLatents()
    {
        var clean = Latents();
        if (recipe.Synthesis.Start != StartPoint.Inverted) return clean;
        folder.Ledger.Ensure("invert", PointsFingerprint, folder.InvertedPath, () => LatentInversion.InvertOrContinue(clean, prior.Prior, folder.InvertedPath, progress, cancel));
        return LatentStore.Open(folder.InvertedPath);
    }

    /// <summary>Images of each class: the recipe's number, or as many in all with more of the classes that the teacher doubts, but half that number at least.</summary>
    private int[] Counts => _counts ??= Spread();

    private int[] Spread()
    {
        var sizes = new int[dataset.ClassNames.Count];
        foreach (var label in dataset.Labels.Span) sizes[label]++;
        int[] same = [.. sizes.Select(size => recipe.Quantizer.AllowFewer ? Math.Min(size, recipe.ImagesPerClass) : recipe.ImagesPerClass)];
        if (recipe.Spread == ClassSpread.Equal || sizes.Zip(same).Any(c => c.First < c.Second)) return same; // a class that is too small is refused by name where its images are taken
        return NeymanAllocation.Spread(sizes, TeacherDoubt.Of(teacher, Features()), same.Sum(), [.. same.Select(k => (k + 1) / 2)]);
    }

    /// <summary>Points of each class with their Voronoi counts.</summary>
    public Codebook Codebook()
    {
        if (_codebook is not null) return _codebook;
        var latents = QuantizedLatents(); // before the stage, whose seconds are its own
        var features = recipe.Space == CellSpace.Teacher ? Features() : null;
        if (recipe.Spread == ClassSpread.Doubt) Features();
        var path = folder.CodebookPath(CodebookFingerprint);
        folder.Ledger.Ensure(Path.GetFileNameWithoutExtension(path).Replace("codebook", "quantize", StringComparison.Ordinal), CodebookFingerprint, path, () => Quantize(latents, features, path));
        return _codebook = Quantization.Codebook.Load(path);
    }

    // Class by class: a run that is cut off goes on with the class that it was at.
    private void Quantize(LatentStore latents, LatentStore? features, string path)
    {
        using var work = WorkFolder.Open(path, new Dictionary<string, string> { ["work"] = "quantize", ["fingerprint"] = CodebookFingerprint }, discardOther: true);
        var build = new BuildOptions { Threads = threads, Parts = new CodebookParts(work.Path) };
        var options = Array.ConvertAll(Counts, k => recipe.Quantizer with { ImagesPerClass = Math.Max(1, k) });
        var cells = CodebookBuilder.Build(features ?? latents, options, seeds, build, progress, cancel);
        (features is null ? cells.From(latents.Description) : CellMeans.Of(cells, features, latents, threads)).Save(path, replace: true);
        work.Remove();
    }

    /// <summary>Squared W2 per class when every point weighs the same, exact.</summary>
    public double[] EqualWeightDistortions()
    {
        var (path, codebook) = (Path.Combine(folder.Path, "equal-weight-distortion.npy"), Codebook());
        folder.Ledger.Ensure("distances", Fingerprint.Of("distances", CodebookFingerprint), path, () =>
        {
            var latents = QuantizedLatents();
            var found = codebook.Classes.Select((points, c) => EqualWeightTransport.Cost(latents.ReadClass(c), points.Centroids, threads)).ToArray();
            Formats.NpyFile.Write<double>(path, found, [found.Length], replace: true);
        });
        using var file = Formats.NpyFile.Open(path);
        return file.ReadDoubles();
    }

    /// <summary>The distilled set of the recipe's method, labelled if the recipe says so.</summary>
    /// <param name="name">Name of the set within the run.</param>
    public DistilledSet Set(string name)
    {
        if (DistillationMethods.Named(recipe.Method).HasCells) Codebook(); // stages before this one, so that its seconds are its own
        var path = folder.SetPath(name);
        folder.Ledger.Ensure($"set-{name}", SetFingerprint, path, () => Labelled(Unlabelled(), name).Save(path, replace: true));
        return DistilledSet.Load(path);
    }

    private DistilledSet Unlabelled() => recipe.Method switch
    {
        "random" => OfRows(RandomRows()),
        "herding" => OfRows(ByFeatures(FeatureSelection.Herding)),
        "k-center" => OfRows(ByFeatures(FeatureSelection.KCenter)),
        "kmeans-medoid" => OfRealCells(CellSamples.Nearest(Codebook())),
        "cell-random" => OfRealCells(Members()),
        "vae-random" => Changed(RandomRows(), (_, pixels) => prior.Codec.Through(pixels)),
        "prior-random" => Changed(RandomRows(), (rows, pixels) => prior.Codec.DecodeAll(Matched(rows, Denoised(rows, pixels)))),
        _ => OfCodebook(Synthesized()),
    };

    private DistilledSet OfRealCells(long[][] rows) => OfCodebook(PixelsOf(rows), rows);

    private DistilledSet OfCodebook(byte[] pixels, long[][]? rows = null) => SetAssembly.OfCodebook(recipe.Method, pixels, Codebook(), recipe.Weights, rows, Provenance(), dataset.Shape);

    private byte[] PixelsOf(long[][] rows) => RealSelection.Pixels(dataset, [.. rows.SelectMany(r => r).Select(row => checked((int)row))]);

    private long[][] Members() => CellSamples.Drawn(Codebook(), QuantizedLatents(), seeds, threads);

    private int[] RandomRows() => RealSelection.Random(dataset, Counts, seeds);

    private DistilledSet OfRows(int[] rows) => SetAssembly.OfRows(recipe.Method, RealSelection.Pixels(dataset, rows), rows, dataset, real: true, Provenance());

    private DistilledSet Changed(int[] rows, Func<int[], byte[], byte[]> change) =>
        SetAssembly.OfRows(recipe.Method, change(rows, RealSelection.Pixels(dataset, rows)), rows, dataset, real: false, Provenance());

    private int[] ByFeatures(Func<SampleMatrix, int, int[]> choose)
    {
        var features = Features();
        return [.. Counts.SelectMany((count, c) => count == 0 ? [] : choose(features.ReadClass(c), count).Select(i => checked((int)features.SourceIndices(c)[i])))];
    }

    // Matching looks at all latents together; without it each class is decoded before the next is refined, which saves memory.
    private byte[] Synthesized()
    {
        var rows = recipe.StartPoints switch { CellStart.Medoids => CellSamples.Nearest(Codebook()), CellStart.Members => Members(), _ => null };
        var codebook = rows is null ? Codebook() : Codebook().At(rows, QuantizedLatents());
        var detail = recipe.KeepsDetail ? CodecDetail.Of(prior.Codec, PixelsOf(rows!)) : null;
        var images = recipe.Matching.Steps == 0
            ? CodebookSynthesis.Synthesize(codebook, prior.Codec, PriorOf(recipe.Method), seeds, progress, cancel)
            : prior.Codec.DecodeAll(Matched(CodebookSynthesis.Refine(codebook, prior.Codec, PriorOf(recipe.Method), seeds, progress, cancel), detail));
        return detail?.AddTo(images) ?? images;
    }

    // Latents of real images after the prior.
    private float[] Denoised(int[] rows, byte[] pixels)
    {
        var (size, d) = (dataset.Shape.Size, prior.Codec.Latent.Dimension);
        var latents = new float[rows.Length * d];
        prior.Codec.Encode(pixels, latents);
        var refined = new List<float>();
        var groups = Enumerable.Range(0, rows.Length).GroupBy(i => dataset.Labels.Span[rows[i]]).ToArray();
        foreach (var (done, group) in groups.Index())
        {
            refined.AddRange(PriorOf("prior-random").Refine(latents.AsSpan(group.First() * d, group.Count() * d), prior.Codec.Latent, new ClassLabel(group.Key, dataset.ClassNames[group.Key]), seeds, cancel));
            progress.Report(new StageProgress("synthesize", done + 1, groups.Length, "classes"));
        }
        return [.. refined];
    }

    private IPrior PriorOf(string method) => method == "centroid" ? new NoPrior()
        : recipe.Draws == 1 ? prior.Prior
        : new BestOfDraws(prior.Prior, recipe.Draws, recipe.Pick == DrawChoice.Closest ? (_, points, refined) => BestOfDraws.SquaredDistances(points, refined, prior.Codec.Latent.Dimension) : Untypicalness);

    // Cross-entropy of the teacher for the point's class.
    private double[] Untypicalness(ClassLabel label, float[] points, float[] refined)
    {
        using var quiet = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var images = new InMemoryDataset("draws", dataset.ClassNames, dataset.Shape, prior.Codec.DecodeAll(refined), Enumerable.Repeat(label.Index, refined.Length / prior.Codec.Latent.Dimension).ToArray());
        var batches = new Neural.Training.ImageBatches(images, teacher.Normalization);
        int[] rows = [.. Enumerable.Range(0, images.Count)];
        var losses = torch.nn.functional.cross_entropy(teacher.Network.call(batches.Plain(rows)), batches.Labels(rows), reduction: torch.nn.Reduction.None).ToFloats();
        return Array.ConvertAll(losses, l => (double)l);
    }

    private float[] Matched(float[] latents, CodecDetail? detail)
    {
        var codebook = Codebook();
        return Matched(latents, [.. codebook.Classes.SelectMany((c, i) => Enumerable.Repeat(i, c.Count))],
            [.. codebook.Classes.SelectMany((c, i) => WeightRules.Apply(recipe.Weights, c.Weights, new SeedSequence(0), i))], detail);
    }

    private float[] Matched(int[] rows, float[] latents) => Matched(latents, Array.ConvertAll(rows, r => dataset.Labels.Span[r]), [.. rows.Select(_ => 1.0)]);

    private float[] Matched(float[] latents, int[] labels, double[] weights, CodecDetail? detail = null)
    {
        if (recipe.Matching.Steps == 0) return latents;
        var decoder = prior.Codec as IDifferentiableDecoder
            ?? throw new UsageException($"the decoder of '{prior.Name}' gives no gradients, so latents cannot be matched through it. Use a VAE of 'ddoq fit vae'.");
        return new FeatureMatching(decoder, dataset, Normalization, recipe.Matching, seeds) { Teacher = teacher, Detail = detail }.Refine(latents, prior.Codec.Latent, labels, weights, progress, cancel);
    }

    private DistilledSet Labelled(DistilledSet set, string name) => recipe.Labels is not { } labels ? set
        : set.WithSoftLabels(SoftLabelling.Label(set, teacher, labels, seeds, new ProgressOf(progress, "label", $"label {name}"), cancel));

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

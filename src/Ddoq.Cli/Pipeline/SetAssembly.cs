using System.Globalization;
using Ddoq.Augmentations;
using Ddoq.Cli.CommandLine;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Cli.Pipeline;

/// <summary>Puts pixels, counts and provenance together into distilled sets.</summary>
internal static class SetAssembly
{
    /// <summary>A set whose image k of class c stands for the k-th cell of the codebook.</summary>
    /// <param name="method">Name of the method.</param>
    /// <param name="pixels">Images in the codebook's order.</param>
    /// <param name="codebook">Counts and distortions.</param>
    /// <param name="rule">Rule of the stored weights.</param>
    /// <param name="real">Whether the pixels are the cells' nearest real images.</param>
    /// <param name="provenance">Where everything came from.</param>
    /// <param name="shape">Image shape.</param>
    public static DistilledSet OfCodebook(string method, byte[] pixels, Codebook codebook, WeightRule rule, long[][]? rows, Provenance provenance, ImageShape shape)
    {
        var images = codebook.Classes.SelectMany((points, c) =>
        {
            var factors = WeightRules.Apply(rule, points.Weights, new SeedSequence(0), c);
            return points.Counts.Select((count, k) => new DistilledImage(c, count, (float)factors[k], points.LocalDistortion[k], rows is null ? null : checked((int)rows[c][k])));
        }).ToArray();
        var classNames = codebook.Classes.Select(c => c.Name).ToArray();
        return new DistilledSet(classNames, shape, pixels, images, provenance with { Method = method, WeightRule = WeightRuleNames.Of(rule) });
    }

    /// <summary>A set of real rows without cells: every image counts once, all weights are one.</summary>
    public static DistilledSet OfRows(string method, byte[] pixels, IReadOnlyList<int> rows, IImageDataset source, bool real, Provenance provenance)
    {
        var images = rows.Select(r => new DistilledImage(source.Labels.Span[r], 1, 1, 0, real ? r : null)).ToArray();
        return new DistilledSet(source.ClassNames, source.Shape, pixels, images, provenance with { Method = method, WeightRule = WeightRuleNames.Of(WeightRule.Equal) });
    }

    /// <summary>What all sets of one run share.</summary>
    public static Provenance ProvenanceOf(IImageDataset source, DistillationRecipe recipe, PixelNormalization normalization, SeedSequence seeds, IReadOnlyList<ModelReference> models, string licence) => new()
    {
        Method = "", ToolVersion = ToolVersion.Current, ImagesPerClass = recipe.ImagesPerClass, WeightRule = WeightRuleNames.Of(recipe.Weights),
        Source = new SourceDataset(source.Name, source.Fingerprint, licence),
        Normalisation = new PixelNormalisation([.. normalization.Mean.Select(m => (double)m)], [.. normalization.Std.Select(s => (double)s)]),
        Seeds = new SortedDictionary<string, ulong>(StringComparer.Ordinal) { ["root"] = seeds.Root },
        Models = models,
        Options = Options(recipe),
    };

    private static SortedDictionary<string, string> Options(DistillationRecipe r)
    {
        var options = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["algorithm"] = r.Quantizer.Algorithm.ToString().ToLowerInvariant(),
            ["initialization"] = r.Quantizer.Initialization.ToString(),
            ["latents"] = r.DrawnLatents ? "drawn from the posterior" : "mean of the posterior",
        };
        if (r.Labels is { } labels)
        {
            options["label_views"] = labels.Views.ToString(CultureInfo.InvariantCulture);
            options["label_temperature"] = labels.Temperature.ToString(CultureInfo.InvariantCulture);
            options["label_augmentation"] = labels.Augmentation.ToString();
        }
        foreach (var (name, value) in r.Synthesis.Describe().Concat(r.Variants())) options[name] = value;
        return options;
    }
}

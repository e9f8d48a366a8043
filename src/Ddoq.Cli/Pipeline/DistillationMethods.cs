using Ddoq.Foundations;
using Ddoq.Neural.Synthesis;
using Ddoq.Quantization;

namespace Ddoq.Cli.Pipeline;

/// <summary>A way to images, and what it changes in a recipe.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Description">What the images are.</param>
/// <param name="HasCells">Whether each image stands for a cell, so that weights mean something.</param>
/// <param name="UsesPrior">Whether points pass the prior.</param>
internal sealed record DistillationMethod(string Name, string Description, bool HasCells, bool UsesPrior)
{
    /// <summary>What the method fixes in a recipe whose options were not given.</summary>
    public Func<DistillationRecipe, DistillationRecipe> Adjust { get; init; } = r => r;
}

/// <summary>The methods that can be compared. Further families (guidance, bi-level) join here.</summary>
internal static class DistillationMethods
{
    /// <summary>Every table has this row.</summary>
    public const string Baseline = "random";

    public static IReadOnlyList<DistillationMethod> All { get; } =
    [
        new("random", "random real images", HasCells: false, UsesPrior: false),
        new("herding", "real images whose mean teacher features follow the class's", HasCells: false, UsesPrior: false),
        new("k-center", "real images that cover the class's teacher features", HasCells: false, UsesPrior: false),
        new("kmeans-medoid", "real image nearest to each centroid, weighted by cell mass", HasCells: true, UsesPrior: false),
        new("cell-random", "real image drawn from each cell of k-means, weighted by cell mass", HasCells: true, UsesPrior: false),
        new("vae-random", "random real images through the autoencoder (control)", HasCells: false, UsesPrior: false),
        new("prior-random", "random real images noised and denoised (control)", HasCells: false, UsesPrior: true),
        new("centroid", "centroids decoded without the prior, weighted by cell mass", HasCells: true, UsesPrior: false),
        new("balanced", "centroids of equal mass noised and denoised, equal weights", HasCells: true, UsesPrior: true)
        {
            Adjust = r => r with { Quantizer = r.Quantizer with { Algorithm = QuantizerAlgorithm.Balanced }, Weights = WeightRule.Equal },
        },
        new("d4m", "centroids of mini-batch k-means noised and denoised, equal weights", HasCells: true, UsesPrior: true)
        {
            Adjust = r => r with { Quantizer = r.Quantizer with { Algorithm = QuantizerAlgorithm.MiniBatch }, Weights = WeightRule.Equal },
        },
        new("ddoq", "centroids noised and denoised, weighted by cell mass", HasCells: true, UsesPrior: true),
        new("ddoq-anchored", "ddoq from the nearest real images, matched to the teacher's features", HasCells: true, UsesPrior: true) { Adjust = Anchored },
        new("ddoq-spread", "ddoq-anchored with more images of the classes that the teacher doubts", HasCells: true, UsesPrior: true) { Adjust = r => Anchored(r) with { Spread = ClassSpread.Doubt } },
        new("ddoq-dit", "ddoq with DiT's own sampling: 50 ancestral steps, guidance 4 of three channels", HasCells: true, UsesPrior: true)
        {
            Adjust = r => r with { Synthesis = SynthesisOptions.Preset("ddoq-dit") },
        },
    ];

    private static DistillationRecipe Anchored(DistillationRecipe recipe) => recipe with
    {
        StartPoints = CellStart.Medoids,
        KeepsDetail = true,
        Synthesis = recipe.Synthesis with { Level = new StartLevel(StartKind.Snr, 10) },
        Matching = new MatchingOptions { Steps = 100, LearningRate = 0.05, Networks = MatchingNetworks.Teacher, Moments = 2 },
    };

    public static string[] Names { get; } = [.. All.Select(m => m.Name)];

    /// <exception cref="UsageException">There is none of that name.</exception>
    public static DistillationMethod Named(string name) => All.FirstOrDefault(m => m.Name == name)
        ?? throw new UsageException($"method '{name}' is unknown: expected {string.Join(", ", Names)}.");
}

using System.Globalization;
using Ddoq.Neural.Labelling;
using Ddoq.Neural.Synthesis;
using Ddoq.Quantization;

namespace Ddoq.Cli.Pipeline;

/// <summary>The space in which cells are made.</summary>
internal enum CellSpace
{
    /// <summary>The latents of the encoder.</summary>
    Latent,

    /// <summary>The teacher's features; a centroid is then the mean latent of its cell.</summary>
    Teacher,
}

/// <summary>What of each cell enters the prior.</summary>
internal enum CellStart
{
    /// <summary>The centroid.</summary>
    Centroids,

    /// <summary>The real image nearest to it.</summary>
    Medoids,

    /// <summary>A real image drawn from the cell.</summary>
    Members,
}

/// <summary>How the images of a set are spread over the classes.</summary>
internal enum ClassSpread
{
    /// <summary>The same number of each.</summary>
    Equal,

    /// <summary>As many in all, more of the classes that the teacher doubts.</summary>
    Doubt,
}

/// <summary>Which of several noise draws of a point is kept.</summary>
internal enum DrawChoice
{
    /// <summary>The one that ends nearest to its centroid.</summary>
    Closest,

    /// <summary>The one whose image the teacher gives to its class with the highest probability.</summary>
    Typical,
}

/// <summary>The wish: all options that decide the images, weights and labels of a distilled set.</summary>
internal sealed record DistillationRecipe
{
    /// <summary>One of <see cref="DistillationMethods"/>.</summary>
    public string Method { get; init; } = "ddoq";

    public QuantizerOptions Quantizer { get; init; } = new();

    /// <summary>Whether latents are draws from the encoder's posterior, as D4M takes them, and not its mean.</summary>
    public bool DrawnLatents { get; init; }

    /// <summary>How many images each class gets.</summary>
    public ClassSpread Spread { get; init; } = ClassSpread.Equal;

    /// <summary>Where cells are made.</summary>
    public CellSpace Space { get; init; } = CellSpace.Latent;

    /// <summary>Whose latents enter the prior.</summary>
    public CellStart StartPoints { get; init; } = CellStart.Centroids;

    /// <summary>Whether each image gets back what the autoencoder loses of the real image that it starts from: x = D(z) + (r - D(E(r))).</summary>
    public bool KeepsDetail { get; init; }

    /// <summary>Noise draws per point.</summary>
    public int Draws { get; init; } = 1;

    /// <summary>Which draw is kept.</summary>
    public DrawChoice Pick { get; init; } = DrawChoice.Closest;

    public SynthesisOptions Synthesis { get; init; } = new();

    /// <summary>Refinement of the latents after the prior; no steps for none.</summary>
    public MatchingOptions Matching { get; init; } = new();

    /// <summary>Soft labels to store; null for none.</summary>
    public LabelOptions? Labels { get; init; } = new();

    /// <summary>Rule under which weights are stored in the set; students may use another.</summary>
    public WeightRule Weights { get; init; } = WeightRule.SquareRoot;

    public int ImagesPerClass => Quantizer.ImagesPerClass;

    private bool DrawsMembers => StartPoints == CellStart.Members || Method == "cell-random";

    private string StartPointsName => StartPoints.ToString().ToLowerInvariant();

    /// <summary>The recipe itself.</summary>
    /// <exception cref="Ddoq.Foundations.UsageException">Two of its options exclude each other.</exception>
    public DistillationRecipe Checked()
    {
        if (Space == CellSpace.Teacher && Quantizer.Algorithm == QuantizerAlgorithm.Balanced)
            throw new Ddoq.Foundations.UsageException("cells in the teacher's features are carried over to latents by nearest centroids, which cells of equal mass do not have: give space teacher or algorithm balanced, not both.");
        if (KeepsDetail && StartPoints == CellStart.Centroids)
            throw new Ddoq.Foundations.UsageException("a centroid is no image, so there is no detail of it to keep: give start points medoids or members with keep detail.");
        if (DrawsMembers && (Space == CellSpace.Teacher || Quantizer.Algorithm == QuantizerAlgorithm.Balanced))
            throw new Ddoq.Foundations.UsageException("members are drawn from the latents nearest to each centroid: give neither method cell-random nor start points members with space teacher or algorithm balanced, whose cells are others.");
        return this;
    }

    /// <summary>The options that decide images beyond the quantizer and the prior, where they are not the plain method's.</summary>
    public IEnumerable<(string Name, string Value)> Variants()
    {
        if (Spread != ClassSpread.Equal) yield return ("spread", Spread.ToString().ToLowerInvariant());
        if (Space != CellSpace.Latent) yield return ("space", Space.ToString().ToLowerInvariant());
        if (StartPoints != CellStart.Centroids) yield return ("start_points", StartPointsName);
        if (KeepsDetail) yield return ("detail", $"of {StartPointsName}");
        if (Draws > 1) yield return ("draws", string.Create(CultureInfo.InvariantCulture, $"{Draws}, the {Pick.ToString().ToLowerInvariant()} kept"));
        if (Matching.Steps > 0)
            yield return ("matching", string.Create(CultureInfo.InvariantCulture, $"{Matching.Steps} steps of {Matching.LearningRate}, {Matching.RealImages} real images per class, {(Matching.Networks == MatchingNetworks.Teacher ? "the teacher" : $"width {Matching.Width}")}{(Matching.Moments == 2 ? ", two moments" : "")}"));
    }
}

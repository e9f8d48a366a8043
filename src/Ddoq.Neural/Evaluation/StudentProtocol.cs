using Ddoq.Augmentations;
using Ddoq.Quantization;

namespace Ddoq.Neural.Evaluation;

/// <summary>What a student learns from.</summary>
public enum LabelKind
{
    /// <summary>The class of the image.</summary>
    Hard,

    /// <summary>The teacher's stored logits of the very view that the student sees.</summary>
    Soft,
}

/// <summary>How the learning rate falls.</summary>
public enum RateDecay
{
    /// <summary>Half a cosine to zero.</summary>
    Cosine,

    /// <summary>A tenth after half of the epochs, as in the DC protocol.</summary>
    StepAtHalf,
}

/// <summary>The optimizer of a student.</summary>
public enum StudentOptimizer
{
    /// <summary>Stochastic gradient descent with momentum 0.9.</summary>
    Sgd,

    /// <summary>AdamW, betas 0.9 and 0.999.</summary>
    AdamW,
}

/// <summary>Everything that decides how a student is trained and scored, so that one name stands for one recipe.</summary>
public sealed record StudentProtocol
{
    /// <summary>Name of the preset, with a plus where an option was changed.</summary>
    public required string Name { get; init; }

    /// <summary>One of <see cref="Networks.Classifiers.Classifiers.Names"/>, or null for the ConvNet of <see cref="Width"/> and <see cref="Depth"/>.</summary>
    public string? Classifier { get; init; }

    /// <summary>Filters per layer of the student's ConvNet.</summary>
    public int Width { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Width), value, "at least 1"); } = 128;

    /// <summary>Layers of the student's ConvNet.</summary>
    public int Depth { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Depth), value, "at least 1"); } = 3;

    /// <summary>What the student learns from.</summary>
    public LabelKind Labels { get; init; } = LabelKind.Hard;

    /// <summary>Passes over the distilled set.</summary>
    public int Epochs { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Epochs), value, "at least 1"); } = 300;

    /// <summary>Images per step; the last batch of an epoch may be smaller.</summary>
    public int BatchSize { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(BatchSize), value, "at least 1"); } = 256;

    /// <summary>Optimizer.</summary>
    public StudentOptimizer Optimizer { get; init; } = StudentOptimizer.Sgd;

    /// <summary>Largest learning rate.</summary>
    public double LearningRate { get; init => field = value > 0 && double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(LearningRate), value, "above 0"); } = 0.01;

    /// <summary>Weight decay (coupled for SGD, decoupled for AdamW).</summary>
    public double WeightDecay { get; init => field = value >= 0 && double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(WeightDecay), value, "0 or above"); } = 5e-4;

    /// <summary>How the learning rate falls.</summary>
    public RateDecay Decay { get; init; } = RateDecay.StepAtHalf;

    /// <summary>Views under hard labels; soft labels bring their own.</summary>
    public Augmentation Augmentation { get; init; } = Augmentation.None;

    /// <summary>How often the student is scored, evenly over training, the end included. "Best" is the best of these, chosen on the test set.</summary>
    public int Evaluations { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Evaluations), value, "at least 1, or there is no score"); } = 4;

    /// <summary>How cell counts become factors of the loss; null takes the weights as they stand in the set.</summary>
    public WeightRule? Weights { get; init; }

    /// <summary>The preset of that name.</summary>
    /// <exception cref="Foundations.UsageException">There is none.</exception>
    public static StudentProtocol Named(string name) =>
        Presets.FirstOrDefault(p => p.Name == name)
        ?? throw new Foundations.UsageException($"protocol '{name}' is unknown: expected {string.Join(", ", Presets.Select(p => p.Name))}.");

    /// <summary>
    /// "dc": Zhao et al. 2021, hard labels, no augmentation. "soft": soft labels of augmented views, made for a few minutes on two cores.
    /// "hard": the same student, steps and views with hard labels.
    /// </summary>
    public static IReadOnlyList<StudentProtocol> Presets { get; } =
    [
        new() { Name = "dc" },
        Quick("soft", LabelKind.Soft),
        Quick("hard", LabelKind.Hard),
    ];

    private static StudentProtocol Quick(string name, LabelKind labels) => new()
    {
        Name = name,
        Labels = labels,
        Width = 32,
        Epochs = 200,
        BatchSize = 50,
        Optimizer = StudentOptimizer.AdamW,
        LearningRate = 4e-3,
        WeightDecay = 0.01,
        Decay = RateDecay.Cosine,
        Augmentation = new Augmentation(),
        Evaluations = 2,
    };
}

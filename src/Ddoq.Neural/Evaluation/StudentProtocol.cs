using Ddoq.Augmentations;
using Ddoq.Neural.Networks;
using Ddoq.Quantization;

namespace Ddoq.Neural.Evaluation;

/// <summary>What a student learns from.</summary>
public enum LabelKind
{
    /// <summary>The class of the image.</summary>
    Hard,

    /// <summary>The teacher's stored logits of the very view that the student sees.</summary>
    Soft,

    /// <summary>The teacher's logits of the view, computed in each step; nothing is stored.</summary>
    Teacher,
}

/// <summary>How the learning rate falls.</summary>
public enum RateDecay
{
    /// <summary>A cosine; see <see cref="StudentProtocol.CosineStretch"/>.</summary>
    Cosine,

    /// <summary>A tenth from two epochs after the middle on, with a new optimizer whose momentum is zero: the DC protocol's.</summary>
    StepAtHalf,

    /// <summary>A fifth from two thirds on, and a fifth of that from five sixths on.</summary>
    StepsAtThirds,
}

/// <summary>The optimizer of a student.</summary>
public enum StudentOptimizer
{
    /// <summary>Stochastic gradient descent with momentum 0.9.</summary>
    Sgd,

    /// <summary>AdamW, betas 0.9 and 0.999.</summary>
    AdamW,

    /// <summary>Adam, betas 0.9 and 0.999.</summary>
    Adam,
}

/// <summary>What weights do.</summary>
public enum WeightUse
{
    /// <summary>They are factors of the loss.</summary>
    Loss,

    /// <summary>An epoch draws as many images as there are, each with probability proportional to its weight. The expected gradient is the same.</summary>
    Sampling,
}

/// <summary>Everything that decides how a student is trained and scored, so that one name stands for one recipe.</summary>
public sealed record StudentProtocol
{
    /// <summary>Name of the preset, with a plus where an option was changed.</summary>
    public required string Name { get; init; }

    /// <summary>The student's network.</summary>
    public Student Student { get; init; } = new();

    /// <summary>What the student learns from.</summary>
    public LabelKind Labels { get; init; } = LabelKind.Hard;

    /// <summary>Passes over the distilled set.</summary>
    public int Epochs { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Epochs), value, "at least 1"); } = 300;

    /// <summary>Images per step; the last batch of an epoch may be smaller.</summary>
    public int BatchSize { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(BatchSize), value, "at least 1"); } = 256;

    /// <summary>Parts that a batch is computed in, one after another, for memory; their gradients add up to the batch's.</summary>
    public int Parts { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Parts), value, "at least 1"); } = 1;

    /// <summary>Optimizer.</summary>
    public StudentOptimizer Optimizer { get; init; } = StudentOptimizer.Sgd;

    /// <summary>Largest learning rate.</summary>
    public double LearningRate { get; init => field = value > 0 && double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(LearningRate), value, "above 0"); } = 0.01;

    /// <summary>Weight decay (coupled for SGD and Adam, decoupled for AdamW).</summary>
    public double WeightDecay { get; init => field = value >= 0 && double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(WeightDecay), value, "0 or above"); } = 5e-4;

    /// <summary>Whether biases and norms decay too.</summary>
    public bool DecaysVectors { get; init; } = true;

    /// <summary>How the learning rate falls.</summary>
    public RateDecay Decay { get; init; } = RateDecay.StepAtHalf;

    /// <summary>Factor by which the cosine is longer than the training: 1 ends at zero, 2 at half of the rate.</summary>
    public double CosineStretch { get; init => field = value >= 1 && double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(CosineStretch), value, "at least 1"); } = 1;

    /// <summary>Views of the images; stored soft labels bring their own.</summary>
    public Augmentation Augmentation { get; init; } = Augmentation.None;

    /// <summary>Operations of differentiable siamese augmentation, of which each step takes one; empty for none. Not with stored soft labels.</summary>
    public IReadOnlyList<string> Siamese { get; init; } = [];

    /// <summary>Largest change of brightness, contrast and saturation of colour images; 0 for none. Not with stored soft labels.</summary>
    public double ColourJitter { get; init; }

    /// <summary>Standard deviation of the shifts along the principal colours of ImageNet (Krizhevsky et al. 2012); 0 for none. Not with stored soft labels.</summary>
    public double Lighting { get; init; }

    /// <summary>Views that soft labels are stored for; epoch e uses view e mod V.</summary>
    public int StoredViews { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(StoredViews), value, "at least 1"); } = 100;

    /// <summary>Softmax temperature of a teacher and its student; labels that are stored bring their own.</summary>
    public double Temperature { get; init => field = value > 0 && double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(Temperature), value, "above 0"); } = 1;

    /// <summary>Whether the divergence from the teacher is multiplied by the squared temperature (Hinton et al. 2015).</summary>
    public bool ScalesWithTemperature { get; init; } = true;

    /// <summary>How often the student is scored, evenly, the end included. "Best" is the best of these, chosen on the test set.</summary>
    public int Evaluations { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Evaluations), value, "at least 1, or there is no score"); } = 4;

    /// <summary>The last share of training over which evaluations are spread.</summary>
    public double EvaluatedShare { get; init => field = value is > 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(EvaluatedShare), value, "above 0, at most 1"); } = 1;

    /// <summary>How cell masses become weights; null takes the weights as they stand in the set.</summary>
    public WeightRule? Weights { get; init; }

    /// <summary>What weights do.</summary>
    public WeightUse WeightUse { get; init; } = WeightUse.Loss;

    /// <summary>Learning rate of an epoch, 0-based.</summary>
    public double RateAt(int epoch) => LearningRate * Decay switch
    {
        RateDecay.Cosine => 0.5 * (1 + Math.Cos(Math.PI * epoch / (CosineStretch * Epochs))),
        RateDecay.StepAtHalf => epoch >= DropAfterHalf ? 0.1 : 1.0,
        _ => epoch >= Epochs * 5 / 6 ? 0.04 : epoch >= Epochs * 2 / 3 ? 0.2 : 1.0,
    };

    /// <summary>Whether a new optimizer begins with this epoch.</summary>
    public bool RestartsAt(int epoch) => Decay == RateDecay.StepAtHalf && epoch == DropAfterHalf;

    /// <summary>Whether the student is scored after so many epochs.</summary>
    public bool IsEvaluated(int epochsDone) => Enumerable.Range(1, Evaluations).Any(i =>
        (int)Math.Round(Epochs * (1 - EvaluatedShare + EvaluatedShare * i / Evaluations)) == epochsDone);

    // The published loop runs E + 1 epochs and changes the rate after the one of index E/2 + 1.
    private int DropAfterHalf => (Epochs - 1) / 2 + 2;
}

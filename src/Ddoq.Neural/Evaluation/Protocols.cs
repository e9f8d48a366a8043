using Ddoq.Augmentations;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Networks;

namespace Ddoq.Neural.Evaluation;

/// <summary>What the settings of a published recipe depend on.</summary>
/// <param name="Shape">Shape of the images.</param>
/// <param name="Classes">L.</param>
/// <param name="ImagesPerClass">Images per class of the set.</param>
public readonly record struct ProtocolScale(ImageShape Shape, int Classes, int ImagesPerClass)
{
    // Fashion-MNIST, CIFAR and Tiny ImageNet have at most 64 pixels; the recipes of ImageNet begin at 128.
    private const int SmallSide = 64;

    /// <summary>Of a distilled set.</summary>
    public static ProtocolScale Of(DistilledSet set) => new(set.Shape, set.ClassNames.Count, set.Provenance.ImagesPerClass);

    /// <summary>Whether images have the size of CIFAR's or Tiny ImageNet's.</summary>
    public bool IsSmall => Math.Max(Shape.Height, Shape.Width) <= SmallSide;

    /// <summary>Layers of the ConvNet that suits the images: 3 at 32 pixels, one more for each doubling.</summary>
    public int ConvNetDepth => Math.Clamp((int)Math.Round(Math.Log2(Math.Max(Shape.Height, Shape.Width))) - 2, 3, 6);

    /// <summary>Images of the set.</summary>
    public int Images => Classes * ImagesPerClass;
}

/// <summary>
/// The evaluation recipes of the field by name, with every published setting. Results under different recipes cannot be compared.
/// Two things are ours in all of them: views are drawn per image from (seed, epoch, row), where published code draws one mixture per batch; and pixels are normalised by the data set's own
/// statistics, where RDED takes ImageNet's for every data set.
/// </summary>
public static class Protocols
{
    private sealed record Row(string Name, string[] Others, string Description, Func<ProtocolScale, StudentProtocol> Create);

    private static readonly Row[] Rows =
    [
        new("A", ["dc"], "hard labels, no augmentation (data set condensation; Zhao et al. 2021)", s => Condensation(s, siamese: false)),
        new("A-dsa", ["dsa"], "A with siamese augmentation (Zhao and Bilen 2021)", s => Condensation(s, siamese: true)),
        new("B", ["minimax"], "hard labels, long training with CutMix (IDC's recipe, as Minimax and MGD3 use it)", s => Long(s, adam: false)),
        new("B'", ["b-prime", "igd"], "B with AdamW (IGD)", s => Long(s, adam: true)),
        new("C", ["sre2l"], "stored soft labels of every epoch (SRe2L, D4M)", Stored),
        new("C'", ["c-prime", "rded"], "soft labels of a teacher that is asked in each step (RDED)", Online),
        new("unified", ["rd3"], "one recipe for all methods: C' with small batches and more epochs (RD3)", Unified),
        new("soft", [], "stored soft labels, made for a few minutes on two cores", s => Quick("soft", LabelKind.Soft, s)),
        new("hard", [], "the student, steps and views of 'soft' with hard labels", s => Quick("hard", LabelKind.Hard, s)),
    ];

    /// <summary>Names and what they stand for.</summary>
    public static IReadOnlyList<(string Name, string Description)> All { get; } = [.. Rows.Select(r => (r.Name, r.Description))];

    /// <summary>Every name that <see cref="Named"/> takes, other names of the same recipe included.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Rows.Select(r => r.Name), .. Rows.SelectMany(r => r.Others)];

    /// <summary>The recipe of that name, in any case, with the settings that it has at this scale.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static StudentProtocol Named(string name, ProtocolScale scale) =>
        (Rows.FirstOrDefault(r => r.Others.Prepend(r.Name).Contains(name, StringComparer.OrdinalIgnoreCase))
        ?? throw new UsageException($"protocol '{name}' is unknown: expected {string.Join(", ", Names)}.")).Create(scale);

    /// <summary>The recipe with another student; recipes that say so give some networks a learning rate of their own.</summary>
    public static StudentProtocol With(this StudentProtocol protocol, Student student) => protocol.Name switch
    {
        "C'" => protocol with { Student = student with { Norm = ConvNetNorm.Batch }, LearningRate = OnlineRate(student) },
        "unified" => protocol with { Student = student with { Norm = ConvNetNorm.Batch }, CosineStretch = UnifiedStretch(student) },
        _ => protocol with { Student = student },
    };

    private static StudentProtocol Condensation(ProtocolScale s, bool siamese) => new()
    {
        Name = siamese ? "A-dsa" : "A",
        Student = new Student { Depth = s.ConvNetDepth },
        Epochs = siamese ? 1001 : 301,
        BatchSize = 256,
        Siamese = siamese ? ["color", "crop", "cutout", "flip", "scale", "rotate"] : [],
        Evaluations = 1,
    };

    private static StudentProtocol Long(ProtocolScale s, bool adam) => new()
    {
        Name = adam ? "B'" : "B",
        Student = s.IsSmall ? new Student { Depth = s.ConvNetDepth } : new Student { Classifier = "resnet_ap10" },
        Epochs = s.IsSmall ? 1000 : LongEpochs(s),
        BatchSize = s.Classes > 100 ? 128 : 64,
        Optimizer = adam ? StudentOptimizer.AdamW : StudentOptimizer.Sgd,
        LearningRate = adam ? 1e-3 : s.Classes > 100 ? 0.1 : 0.01,
        WeightDecay = adam ? 0.01 : s.Classes > 100 ? 1e-4 : 5e-4,
        Decay = RateDecay.StepsAtThirds,
        Augmentation = s.IsSmall
            ? Augmentation.None with { Mix = MixKind.CutMix, MixProbability = 0.5 }
            : Augmentation.None with { Flip = true, LeastArea = 0.5, Mix = MixKind.CutMix },
        Siamese = s.IsSmall ? ["color", "crop", "flip", "scale", "rotate"] : [],
        ColourJitter = s.IsSmall ? 0 : 0.4,
        Lighting = s.IsSmall ? 0 : 0.1,
        Evaluations = s.IsSmall ? 10 : 100,
    };

    private static int LongEpochs(ProtocolScale s)
    {
        var epochs = s.ImagesPerClass switch { <= 1 => 3000, <= 10 => 2000, <= 50 => 1500, <= 200 => 1000, <= 500 => 500, _ => 300 };
        return s.Classes == 100 ? epochs * 2 / 3 / 100 * 100 : epochs;
    }

    private static StudentProtocol Stored(ProtocolScale s) => new()
    {
        Name = "C",
        Student = new Student { Classifier = "resnet18" },
        Labels = LabelKind.Soft,
        Epochs = s.IsSmall ? 400 : 300,
        BatchSize = s.IsSmall ? 128 : 1024,
        Parts = s.IsSmall ? 1 : 2,
        Optimizer = StudentOptimizer.AdamW,
        LearningRate = 1e-3,
        WeightDecay = 0.01,
        DecaysVectors = false,
        Decay = RateDecay.Cosine,
        Augmentation = s.IsSmall ? new Augmentation { Shift = 4 } : new Augmentation { Shift = 0, LeastArea = 0.08, Mix = MixKind.CutMix },
        StoredViews = s.IsSmall ? 400 : 300,
        Temperature = s.IsSmall ? 30 : 20,
        ScalesWithTemperature = false,
        Evaluations = s.IsSmall ? 40 : 30,
    };

    private static StudentProtocol Online(ProtocolScale s) => new()
    {
        Name = "C'",
        Student = s.IsSmall ? new Student { Depth = s.ConvNetDepth, Norm = ConvNetNorm.Batch } : new Student { Classifier = "resnet18" },
        Labels = LabelKind.Teacher,
        Epochs = 300,
        BatchSize = Math.Min(s.Images, (s.ImagesPerClass switch { <= 1 => 10, <= 10 => 50, _ => 100 }) * (s.Classes >= 100 ? 2 : 1)),
        Optimizer = StudentOptimizer.AdamW,
        LearningRate = 1e-3,
        WeightDecay = 0.01,
        DecaysVectors = false,
        Decay = RateDecay.Cosine,
        CosineStretch = 2,
        Augmentation = new Augmentation { Shift = 0, Patches = s.IsSmall ? 1 : 2, LeastArea = s.IsSmall ? 1 : 0.5, Mix = MixKind.CutMix },
        Temperature = 20,
        ScalesWithTemperature = false,
        Evaluations = 6,
        EvaluatedShare = 0.2, // every ten epochs, from the 250th on
    };

    private static StudentProtocol Unified(ProtocolScale s)
    {
        var student = s.IsSmall ? new Student { Depth = s.ConvNetDepth, Norm = ConvNetNorm.Batch } : new Student { Classifier = "resnet18" };
        return Online(s) with
        {
            Name = "unified",
            Student = student,
            Epochs = 400,
            BatchSize = Math.Min(s.Images, 50),
            Optimizer = StudentOptimizer.Adam,
            WeightDecay = 0,
            CosineStretch = UnifiedStretch(student),
            Evaluations = 8,
            EvaluatedShare = 0.2,
        };
    }

    private static StudentProtocol Quick(string name, LabelKind labels, ProtocolScale s) => new()
    {
        Name = name,
        Student = new Student { Depth = s.ConvNetDepth, Width = 32 },
        Labels = labels,
        Epochs = 200,
        BatchSize = 50,
        Optimizer = StudentOptimizer.AdamW,
        LearningRate = 4e-3,
        WeightDecay = 0.01,
        Decay = RateDecay.Cosine,
        Augmentation = new Augmentation(),
        Temperature = 4,
        Evaluations = 2,
    };

    private static double UnifiedStretch(Student student) => student.Classifier == "resnet18" ? 1 : 2;

    // RDED's rates by network.
    private static double OnlineRate(Student student) => student.Classifier switch
    {
        "mobilenet_v2" => 2.5e-3,
        "efficientnet_b0" => 2e-3,
        "swin_t" or "vit_b_16" => 1e-4,
        _ => 1e-3,
    };
}

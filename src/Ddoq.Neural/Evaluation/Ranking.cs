using Ddoq.Augmentations;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Labelling;

namespace Ddoq.Neural.Evaluation;

/// <summary>The four scores of a set beside its references.</summary>
/// <param name="Hlr">See <see cref="RankingScores.Hlr"/>.</param>
/// <param name="Ior">See <see cref="RankingScores.Ior"/>.</param>
/// <param name="Lrs">See <see cref="RankingScores.Lrs"/>.</param>
/// <param name="Ars">See <see cref="RankingScores.Ars"/>.</param>
public readonly record struct RankingReport(double Hlr, double Ior, double Lrs, double Ars);

/// <summary>
/// Trains what the scores of DD-Ranking need beyond a set's own students: the set under hard labels, random images under the set's recipe, and both under hard labels with and without augmentation.
/// All means are of the last epoch, over the same seeds.
/// </summary>
public sealed class Ranking(IImageDataset test, StudentProtocol protocol, int students, SeedSequence seeds, IProgress<StageProgress>? progress = null, Teacher? teacher = null, CancellationToken cancel = default)
{
    /// <summary>Scores a set.</summary>
    /// <param name="set">The set.</param>
    /// <param name="own">Its accuracy under its own recipe.</param>
    /// <param name="random">As many random real images per class, labelled like the set.</param>
    /// <param name="real">Accuracy of the student on all real images with hard labels, a fraction.</param>
    /// <exception cref="BadInputException">The two sets do not have as many images.</exception>
    public RankingReport Score(DistilledSet set, double own, DistilledSet random, double real)
    {
        if (random.Count != set.Count) throw new BadInputException($"the reference has {random.Count} random images, the set {set.Count}. Make as many with 'ddoq distill --method random'.");
        var hard = protocol with { Labels = LabelKind.Hard };
        var plain = hard with { Augmentation = Augmentation.None, Siamese = [], ColourJitter = 0, Lighting = 0 };
        var augmented = hard.Augmentation.IsNone && hard.Siamese.Count == 0 ? hard with { Augmentation = new Augmentation() } : hard;
        var hlr = RankingScores.Hlr(real, Mean(set, hard));
        var ior = RankingScores.Ior(own, Mean(random, protocol));
        var ars = RankingScores.Ars(Mean(set, augmented) - Mean(random, augmented), Mean(set, plain) - Mean(random, plain));
        return new RankingReport(hlr, ior, RankingScores.Lrs(ior, hlr), ars);
    }

    private double Mean(DistilledSet of, StudentProtocol under) => StudentTraining.Evaluate(of, test, under, students, seeds, progress, teacher, cancel).Last.Mean;
}

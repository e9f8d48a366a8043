using Ddoq.Augmentations;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Evaluation;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Training;
using Ddoq.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Evaluation;

public sealed class LessonsTests
{
    private static readonly StudentProtocol Protocol = new() { Name = "test", Student = new Student { Width = 8, Depth = 2 }, Weights = WeightRule.Raw, BatchSize = 100, Augmentation = Augmentation.None };
    private static readonly PixelNormalization Normalization = new([0.45f], [0.25f]);

    // Images of the rows of a set with two points per class, and of one that repeats them by their counts (3, 1), (2, 2), (1, 3).
    private static readonly int[] Once = [0, 3, 1, 4, 2, 5], Copies = [0, 0, 0, 3, 1, 1, 4, 4, 2, 5, 5, 5];

    // A weight is a multiplicity: three copies of an image without weights pull as one of weight three.
    [Fact]
    public void Loss_DuplicatesInsteadOfWeights_GivesTheSameGradient()
    {
        using var scope = NewDisposeScope();
        var weighted = SmallSets.Distilled([[3, 1], [2, 2], [1, 3]]);
        var copied = SmallSets.Distilled([[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]], sources: Copies);
        var (a, b) = (Gradient(weighted, Protocol), Gradient(copied, Protocol with { Weights = WeightRule.Equal }));
        Assert.True(Agreement.Distance(Gradient(weighted, Protocol with { Weights = WeightRule.Equal })[0], b[0]) > 0.01); // the weights matter here
        foreach (var (x, y) in a.Zip(b)) Agreement.Require(x, y, 1e-4);
    }

    [Fact]
    public void Loss_DuplicatesUnderSoftLabels_GivesTheSameGradient()
    {
        using var scope = NewDisposeScope();
        var protocol = Protocol with { Labels = LabelKind.Soft };
        var weighted = SmallSets.Distilled([[3, 1], [2, 2], [1, 3]]).WithSoftLabels(SoftLabels(i => i, 6));
        var copied = SmallSets.Distilled([[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]], sources: Copies).WithSoftLabels(SoftLabels(i => Array.IndexOf(Once, Copies[i]), 12));
        foreach (var (x, y) in Gradient(weighted, protocol).Zip(Gradient(copied, protocol with { Weights = WeightRule.Equal }))) Agreement.Require(x, y, 1e-4);
    }

    [Theory]
    [InlineData(LabelKind.Hard)]
    [InlineData(LabelKind.Soft)]
    public void Loss_ConstantCounts_TrainsBitForBitAsWithoutWeights(LabelKind labels)
    {
        using var scope = NewDisposeScope();
        var set = SmallSets.Distilled([[7, 7, 7], [5, 5, 5], [9, 9, 9]]).WithSoftLabels(SoftLabels(i => i, 9));
        var plain = AfterSteps(set, Protocol with { Labels = labels, Weights = WeightRule.Equal });
        foreach (var rule in new[] { WeightRule.SquareRoot, WeightRule.Raw, WeightRule.Permuted })
            foreach (var (x, y) in AfterSteps(set, Protocol with { Labels = labels, Weights = rule }).Zip(plain)) Agreement.RequireSameBits(x, y, rule.ToString());
    }

    // An image's pull is the same in a batch of two and, halved, in a batch of four.
    [Fact]
    public void Loss_BatchOfParts_IsTheMeanOfTheParts()
    {
        using var scope = NewDisposeScope();
        var set = SmallSets.Distilled([[9, 1], [1, 4], [2, 2]]);
        var (student, lessons) = (Student(), new Lessons(set, Normalization, Protocol, new SeedSequence(1)));
        var parts = (lessons.Loss(student, [0, 3], 0) + lessons.Loss(student, [1, 4], 0)) / 2;
        Agreement.Require(lessons.Loss(student, [0, 1, 3, 4], 0), parts, 1e-5);
    }

    // A batch computed in parts has the batch's loss: gradients of the parts add up, weights and all.
    [Theory]
    [InlineData(LabelKind.Hard)]
    [InlineData(LabelKind.Soft)]
    public void Loss_PartsOfABatch_AddUpToIt(LabelKind labels)
    {
        using var scope = NewDisposeScope();
        var set = SmallSets.Distilled([[9, 1], [1, 4], [2, 2]]).WithSoftLabels(SoftLabels(i => i, 6));
        var (student, lessons) = (Student(), new Lessons(set, Normalization, Protocol with { Labels = labels }, new SeedSequence(1)));
        var parts = lessons.Loss(student, [5, 0], 0, 5, 5) + lessons.Loss(student, [3, 1, 2], 0, 5, 5);
        Agreement.Require(parts, lessons.Loss(student, [5, 0, 3, 1, 2], 0), 1e-5);
    }

    // A mixed view: share w_a + (1 - share) w_b, and both labels by the same shares.
    [Theory]
    [InlineData(MixKind.CutMix)]
    [InlineData(MixKind.MixUp)]
    public void Loss_MixedViews_HaveTheMixedWeightAndLabels(MixKind mix)
    {
        using var scope = NewDisposeScope();
        var set = SmallSets.Distilled([[9, 1], [1, 4], [2, 2]]);
        var augmentation = Augmentation.None with { Mix = mix };
        var (student, seeds) = (Student(), new SeedSequence(1));
        var found = new Lessons(set, Normalization, Protocol with { Augmentation = augmentation }, seeds).Loss(student, [1], 3).item<float>();
        var mixture = augmentation.MixtureOf(seeds.For("student-views"), 3, 1, set.Count, set.Shape)!.Value;
        var batches = new Ddoq.Neural.Training.ImageBatches(set, Normalization);
        var (a, b) = (batches.Plain([1]), batches.Plain([mixture.Partner]));
        var shares = new float[64];
        mixture.FillShares(shares, 8);
        var logits = student.call(b.lerp(a, tensor(shares, [1, 1, 8, 8])));
        double Of(int row) => nn.functional.cross_entropy(logits, batches.Labels([row])).item<float>();
        var weights = Lessons.LossWeights(set, WeightRule.Raw);
        var expected = (mixture.Share * weights[1] + (1 - mixture.Share) * weights[mixture.Partner]) * (mixture.Share * Of(1) + (1 - mixture.Share) * Of(mixture.Partner));
        Assert.InRange(mixture.Share, 0.01, 0.99);
        Assert.Equal(expected, found, 1e-5);
    }

    // Drawing an image in proportion to its weight pulls, in the mean, as its weight does in the loss.
    [Fact]
    public void Order_WeightedSampling_DrawsInProportionToWeights()
    {
        var set = SmallSets.Distilled([[9, 1], [1, 4], [2, 2]]);
        var lessons = new Lessons(set, Normalization, Protocol with { WeightUse = WeightUse.Sampling }, new SeedSequence(1));
        const int epochs = 4000;
        var drawn = new double[set.Count];
        for (var epoch = 0; epoch < epochs; epoch++)
            foreach (var row in lessons.Order(epoch)) drawn[row] += 1.0 / epochs;
        var weights = Lessons.LossWeights(set, WeightRule.Raw);
        for (var i = 0; i < drawn.Length; i++) Assert.Equal(weights[i], drawn[i], 0.06); // five standard deviations
        Assert.Equal(Enumerable.Range(0, set.Count), new Lessons(set, Normalization, Protocol, new SeedSequence(1)).Order(0).Order());
    }

    [Fact]
    public void Divergence_TwoClasses_IsTheHandValue()
    {
        using var scope = NewDisposeScope();
        var student = tensor(new[] { 1f, 2f, 0f, 3f }, [2, 2]).requires_grad_(true);
        var found = SoftLabelLoss.Scaled(student, tensor(new[] { 0f, 3f, 0f, 3f }, [2, 2]), 2);
        Assert.Equal(0.3609527295639916, found[0].item<float>(), 1e-6); // 4 KL((0.1824, 0.8176) || (0.3775, 0.6225))
        Assert.Equal(0, found[1].item<float>(), 1e-6); // equal to the teacher
        found.sum().backward();
        Assert.Equal(0.3902302899835781, student.grad![0, 0].item<float>(), 1e-6); // T (q - p)
    }

    [Fact]
    public void LossWeights_NoRuleChosen_AreThoseOfTheSet()
    {
        var set = SmallSets.Distilled([[100, 3, 1], [5, 5], [2]], WeightRule.Raw);
        Assert.Equal(set.Images.Select(i => i.Weight), Lessons.LossWeights(set, null));
        Assert.Equal(Lessons.LossWeights(set, WeightRule.Raw), Lessons.LossWeights(set, null));
    }

    [Fact]
    public void LossWeights_EveryMeanOneRule_HasMeanOnePerClass()
    {
        var set = SmallSets.Distilled([[100, 3, 1], [5, 5], [0, 8, 2, 40]]);
        foreach (var rule in new[] { WeightRule.SquareRoot, WeightRule.Raw, WeightRule.Equal, WeightRule.Permuted })
        {
            var weights = Lessons.LossWeights(set, rule);
            foreach (var rows in Enumerable.Range(0, set.Count).GroupBy(i => set.Images[i].Label)) Assert.Equal(1, rows.Average(i => weights[i]), 1e-6);
        }
        var raw = Lessons.LossWeights(set, WeightRule.Raw);
        Assert.Equal(3 * 100f / 104, raw[0], 1e-6f);
        Assert.Equal(0, raw[5]);
    }

    private static SoftLabels SoftLabels(Func<int, int> source, int count)
    {
        var draw = new Draws("soft labels").Normal(20, SmallSets.Classes.Length);
        var rows = draw.ToFloats().Chunk(SmallSets.Classes.Length).ToArray();
        return new SoftLabels(Ddoq.Distilled.SoftLabels.Round([.. Enumerable.Range(0, count).SelectMany(i => rows[source(i)])]), count, 1, SmallSets.Classes.Length)
        {
            Temperature = 4,
            AugmentationName = "none",
            TeacherName = "t",
            TeacherHash = "h",
        };
    }

    private static ConvNet Student() => new ConvNet(new ConvNetShape(SmallSets.Shape, 3, 8, 2)).WithTorchDefaults(new SeedSequence(5));

    private static Tensor[] Gradient(DistilledSet set, StudentProtocol protocol)
    {
        var student = Student();
        new Lessons(set, Normalization, protocol, new SeedSequence(1)).Loss(student, [.. Enumerable.Range(0, set.Count)], 0).backward();
        // Biases before an instance norm have no gradient but rounding.
        return [.. student.named_parameters().Where(p => p.name is not ("features.0.bias" or "features.4.bias")).Select(p => p.parameter.grad!)];
    }

    private static Tensor[] AfterSteps(DistilledSet set, StudentProtocol protocol)
    {
        var student = Student();
        var lessons = new Lessons(set, Normalization, protocol, new SeedSequence(1));
        using var optimizer = new Sgd([new(student.parameters())], 0.1);
        for (var epoch = 0; epoch < 4; epoch++)
        {
            optimizer.ZeroGradients();
            lessons.Loss(student, [0, 8, 3, 5, 1], epoch).backward();
            optimizer.Step();
        }
        return [.. student.parameters()];
    }
}

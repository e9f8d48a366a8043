using Ddoq.Augmentations;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Evaluation;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Training;
using Ddoq.Quantization;
using Ddoq.Theory.Checks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Theory;

/// <summary>What T17 and T18 train: a small ConvNet on random images of three classes, through the product's own lessons.</summary>
internal static class WeightedTraining
{
    private static readonly ImageShape Shape = new(1, 8, 8);
    private static readonly string[] Classes = ["a", "b", "c"];

    public static readonly StudentProtocol Protocol = new() { Name = "theory", Student = new Student { Width = 8, Depth = 2 }, BatchSize = 100 };

    /// <summary>A set with so many samples in the cell of each image; image i has the pixels of number <paramref name="sources"/>[i].</summary>
    public static DistilledSet Set(CheckContext context, int[][] counts, int[] sources)
    {
        var draw = context.Seeds.Stream("theory/training/images");
        var drawn = Enumerable.Range(0, (sources.Max() + 1) * Shape.Size).Select(_ => (byte)draw.Next(256)).ToArray();
        var pixels = sources.SelectMany(i => drawn.AsSpan(i * Shape.Size, Shape.Size).ToArray()).ToArray();
        var images = counts.SelectMany((c, label) => c.Zip(WeightRules.Apply(WeightRule.Raw, c), (count, weight) => new DistilledImage(label, count, (float)weight, 0))).ToArray();
        return new DistilledSet(Classes, Shape, pixels, images, new Provenance
        {
            Method = "theory", ToolVersion = "0", ImagesPerClass = counts.Max(c => c.Length), WeightRule = "raw",
            Source = new SourceDataset("drawn", new string('0', 64), "none"), Normalisation = new PixelNormalisation([0.5], [0.3]),
        });
    }

    public static ConvNet Student(CheckContext context) => new ConvNet(new ConvNetShape(Shape, Classes.Length, 8, 2)).WithTorchDefaults(new SeedSequence(context.Seeds.For("theory/training/student")));

    public static Lessons Lessons(CheckContext context, DistilledSet set, StudentProtocol protocol) => new(set, new PixelNormalization([0.5f], [0.3f]), protocol, new SeedSequence(context.Seeds.For("theory/training")));

    /// <summary>The soft labels of numbered images: the same for the same number.</summary>
    public static DistilledSet WithLabels(this DistilledSet set, CheckContext context, int[] sources)
    {
        var draw = context.Seeds.Stream("theory/training/labels");
        var drawn = Enumerable.Range(0, (sources.Max() + 1) * Classes.Length).Select(_ => (float)(2 * draw.NextGaussian())).ToArray();
        var logits = sources.SelectMany(i => drawn.AsSpan(i * Classes.Length, Classes.Length).ToArray()).ToArray();
        return set.WithSoftLabels(new SoftLabels(SoftLabels.Round(logits), sources.Length, 1, Classes.Length) { Temperature = 4, TeacherName = "drawn", TeacherHash = new string('0', 64) });
    }
}

/// <summary>T17: an image of weight w pulls as w copies of it.</summary>
internal sealed class CopiesCheck : ITheoryCheck
{
    private static readonly int[] Once = [0, 1, 2, 3, 4, 5], Copies = [0, 0, 0, 1, 2, 2, 3, 3, 4, 5, 5, 5];

    public string Id => "T17";

    public string Claim => "weight w has the gradient of w copies of the image";

    public IEnumerable<CheckRow> Run(CheckContext context)
    {
        foreach (var labels in new[] { LabelKind.Hard, LabelKind.Soft })
        {
            using var scope = NewDisposeScope();
            var protocol = WeightedTraining.Protocol with { Labels = labels };
            var weighted = WeightedTraining.Set(context, [[3, 1], [2, 2], [1, 3]], Once).WithLabels(context, Once);
            var copied = WeightedTraining.Set(context, [[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]], Copies).WithLabels(context, Copies);
            var (expected, found, without) = (Gradient(context, copied, protocol, WeightRule.Equal), Gradient(context, weighted, protocol, WeightRule.Raw), Gradient(context, weighted, protocol, WeightRule.Equal));
            yield return this.AtMost($"{labels} labels: gradient with weights against copies, relative", 1e-4, Distance(found, expected));
            yield return this.AtLeast($"{labels} labels: the same without weights (they matter)", 1e-2, Distance(without, expected));
        }
    }

    private static Tensor Gradient(CheckContext context, DistilledSet set, StudentProtocol protocol, WeightRule rule)
    {
        var student = WeightedTraining.Student(context);
        WeightedTraining.Lessons(context, set, protocol with { Weights = rule }).Loss(student, [.. Enumerable.Range(0, set.Count)], 0).backward();
        return cat([.. student.parameters().Select(p => p.grad!.flatten())]);
    }

    private static double Distance(Tensor found, Tensor expected) => (found - expected).norm().item<float>() / expected.norm().item<float>();
}

/// <summary>T18: constant weights train bit for bit as none, under every rule.</summary>
internal sealed class ConstantWeightsCheck : ITheoryCheck
{
    private static readonly int[] Sources = [0, 1, 2, 3, 4, 5, 6, 7, 8];

    public string Id => "T18";

    public string Claim => "constant weights train bit for bit as no weights";

    public IEnumerable<CheckRow> Run(CheckContext context)
    {
        using var scope = NewDisposeScope();
        var set = WeightedTraining.Set(context, [[7, 7, 7], [5, 5, 5], [9, 9, 9]], Sources).WithLabels(context, Sources);
        foreach (var labels in new[] { LabelKind.Hard, LabelKind.Soft })
        {
            var plain = AfterSteps(context, set, labels, WeightRule.Equal);
            foreach (var rule in new[] { WeightRule.Raw, WeightRule.SquareRoot, WeightRule.SquareRootRelative, WeightRule.Permuted })
                yield return this.Near($"{labels} labels, {rule}: parameters that differ after four steps", 0, Differing(AfterSteps(context, set, labels, rule), plain), 0);
        }
    }

    private static float[] AfterSteps(CheckContext context, DistilledSet set, LabelKind labels, WeightRule rule)
    {
        var student = WeightedTraining.Student(context);
        var lessons = WeightedTraining.Lessons(context, set, WeightedTraining.Protocol with { Labels = labels, Weights = rule });
        using var optimizer = new Sgd([new(student.parameters())], 0.1);
        for (var epoch = 0; epoch < 4; epoch++)
        {
            optimizer.ZeroGradients();
            lessons.Loss(student, [0, 8, 3, 5, 1], epoch).backward();
            optimizer.Step();
        }
        return [.. student.parameters().SelectMany(p => p.ToFloats())];
    }

    private static int Differing(float[] a, float[] b) => a.Zip(b).Count(p => BitConverter.SingleToInt32Bits(p.First) != BitConverter.SingleToInt32Bits(p.Second));
}

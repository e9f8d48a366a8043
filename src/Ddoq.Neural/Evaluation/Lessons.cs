using Ddoq.Augmentations;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Training;
using Ddoq.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Evaluation;

/// <summary>
/// What a student is taught in one step: views, targets and weights of a batch, and the weighted loss
/// 1/B sum_i w_i l(x_i, y_i). The sum is divided by the batch size, not by the batch's weights, so that no
/// image's pull depends on its neighbours.
/// </summary>
internal sealed class Lessons
{
    private readonly DistilledSet _set;
    private readonly StudentProtocol _protocol;
    private readonly ImageBatches _batches;
    private readonly Augmentation _augmentation;
    private readonly ulong _viewSeed;
    private readonly float[] _weights;

    public Lessons(DistilledSet set, PixelNormalization normalization, StudentProtocol protocol, SeedSequence seeds)
    {
        (_set, _protocol, _batches) = (set, protocol, new ImageBatches(set, normalization));
        (_augmentation, _viewSeed) = protocol.Labels == LabelKind.Soft
            ? (AugmentationOf(set.SoftLabels!), set.SoftLabels!.AugmentationSeed)
            : (protocol.Augmentation, seeds.For("student-views"));
        _weights = LossWeights(set, protocol.Weights);
    }

    public int Count => _set.Count;

    public int BatchSize => _protocol.BatchSize;

    /// <summary>Weighted loss of the images <paramref name="rows"/> in one epoch.</summary>
    public Tensor Loss(nn.Module<Tensor, Tensor> student, int[] rows, int epoch)
    {
        var view = _protocol.Labels == LabelKind.Soft ? epoch % _set.SoftLabels!.Views : epoch;
        var logits = student.call(_batches.Views(rows, _augmentation, _viewSeed, view));
        var each = _protocol.Labels == LabelKind.Soft
            ? SoftLabelLoss.Scaled(logits, Targets(rows, view), _set.SoftLabels!.Temperature)
            : nn.functional.cross_entropy(logits, _batches.Labels(rows), reduction: nn.Reduction.None);
        return (each * tensor(Array.ConvertAll(rows, r => _weights[r]))).mean();
    }

    /// <summary>Loss factor of every image: the set's own weights, or the rule applied to the cell counts of its class.</summary>
    public static float[] LossWeights(DistilledSet set, WeightRule? chosen)
    {
        if (chosen is not { } rule) return [.. set.Images.Select(i => i.Weight)];
        var weights = new float[set.Count];
        foreach (var group in Enumerable.Range(0, set.Count).GroupBy(i => set.Images[i].Label))
        {
            var rows = group.ToArray();
            var factors = WeightRules.Apply(rule, Array.ConvertAll(rows, r => checked((int)set.Images[r].Count)), new SeedSequence(0), group.Key);
            for (var k = 0; k < rows.Length; k++) weights[rows[k]] = (float)factors[k];
        }
        return weights;
    }

    private Tensor Targets(int[] rows, int view)
    {
        var labels = _set.SoftLabels!;
        var logits = new float[rows.Length * labels.Classes];
        for (var b = 0; b < rows.Length; b++)
            for (var l = 0; l < labels.Classes; l++) logits[b * labels.Classes + l] = (float)labels.View(rows[b], view)[l];
        return tensor(logits, [rows.Length, labels.Classes]);
    }

    private static Augmentation AugmentationOf(SoftLabels labels) => labels.AugmentationName == "none" ? Augmentation.None : Augmentation.Parse(labels.AugmentationName);
}

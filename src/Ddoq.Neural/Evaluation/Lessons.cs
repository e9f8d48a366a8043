using Ddoq.Augmentations;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Augmentations;
using Ddoq.Neural.Labelling;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Training;
using Ddoq.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Evaluation;

/// <summary>
/// What a student is taught in one step: views, targets and weights of a batch, and the weighted loss
/// 1/B sum_i w_i l(x_i, y_i). The sum is divided by the batch size, not by the batch's weights, so that no
/// image's pull depends on its neighbours. A view that is mixed of two images has share w_a + (1 - share) w_b for its weight.
/// </summary>
internal sealed class Lessons : IDisposable
{
    private readonly DistilledSet _set;
    private readonly StudentProtocol _protocol;
    private readonly PixelNormalization _normalization;
    private readonly Teacher? _teacher;
    private readonly Learner? _asked; // the teacher, where it is asked
    private readonly ImageBatches _batches;
    private readonly Augmentation _augmentation;
    private readonly ViewChange _change;
    private readonly SeedSequence _seeds;
    private readonly ulong _viewSeed;
    private readonly float[] _weights;

    /// <param name="set">Images, labels and weights.</param>
    /// <param name="normalization">Of the student's pixels.</param>
    /// <param name="protocol">How it learns.</param>
    /// <param name="seeds">The student's own.</param>
    /// <param name="teacher">Asked in each step under <see cref="LabelKind.Teacher"/>.</param>
    public Lessons(DistilledSet set, PixelNormalization normalization, StudentProtocol protocol, SeedSequence seeds, Teacher? teacher = null)
    {
        (_set, _protocol, _normalization, _seeds, _teacher, _batches) = (set, protocol, normalization, seeds, teacher, new ImageBatches(set, normalization));
        (_augmentation, _viewSeed) = protocol.Labels == LabelKind.Soft
            ? (AugmentationOf(set.SoftLabels!), set.SoftLabels!.AugmentationSeed)
            : (protocol.Augmentation, seeds.For("student-views"));
        _change = new ViewChange(protocol, normalization, _viewSeed);
        if (protocol.Labels == LabelKind.Soft && !_change.IsNone) throw new ArgumentException("stored soft labels belong to the views that they were made of; such views cannot be changed further.", nameof(protocol));
        _weights = LossWeights(set, protocol.Weights);
        if (protocol.Labels == LabelKind.Teacher) _asked = Learner.Of(teacher!.Network);
    }

    /// <summary>Frees what asking the teacher took.</summary>
    public void Dispose() => _asked?.Dispose();

    /// <summary>Rows of one epoch in order: every image once, or under <see cref="WeightUse.Sampling"/> as many draws.</summary>
    public int[] Order(int epoch)
    {
        var stream = _seeds.Stream("student-order", epoch);
        return _protocol.WeightUse == WeightUse.Loss ? stream.Permutation(_set.Count) : Draws(ref stream);
    }

    /// <summary>Mean weighted loss of the images <paramref name="rows"/> in one epoch.</summary>
    public Tensor Loss(nn.Module<Tensor, Tensor> student, int[] rows, int epoch) => Loss(student, rows, epoch, rows.Length, rows[0]);

    /// <summary>The share of <paramref name="rows"/> in the loss of a batch of <paramref name="batch"/> images: their sum over its size.</summary>
    /// <param name="student">The network.</param>
    /// <param name="rows">Rows, all of the batch or a part.</param>
    /// <param name="epoch">Epoch.</param>
    /// <param name="batch">Images of the whole batch.</param>
    /// <param name="step">Names the step within the epoch.</param>
    public Tensor Loss(nn.Module<Tensor, Tensor> student, int[] rows, int epoch, int batch, int step) => Loss(student.call, rows, epoch, batch, step);

    /// <inheritdoc cref="Loss(nn.Module{Tensor, Tensor}, int[], int, int, int)"/>
    public Tensor Loss(Func<Tensor, Tensor> student, int[] rows, int epoch, int batch, int step)
    {
        var view = _protocol.Labels == LabelKind.Soft ? epoch % _set.SoftLabels!.Views : epoch;
        Func<Tensor, int[], Tensor>? change = _change.IsNone ? null : (x, of) => _change.Apply(x, of, epoch, step);
        var views = _batches.Views(rows, _augmentation, _viewSeed, view, change);
        Mixture[] mixtures = [.. _batches.Mixtures(rows, _augmentation, _viewSeed, view)];
        var each = Each(student(views), views, rows, mixtures, view);
        var weights = tensor([.. rows.Zip(mixtures, WeightOf)]);
        return (each * weights).sum().Over(batch);
    }

    /// <summary>Weight of every image: the set's own, or the rule applied to the cell masses of its class.</summary>
    public static float[] LossWeights(DistilledSet set, WeightRule? chosen)
    {
        if (chosen is not { } rule) return [.. set.Images.Select(i => i.Weight)];
        var weights = new float[set.Count];
        foreach (var group in Enumerable.Range(0, set.Count).GroupBy(i => set.Images[i].Label))
        {
            var rows = group.ToArray();
            var factors = WeightRules.Apply(rule, Array.ConvertAll(rows, r => (double)set.Images[r].Count), new SeedSequence(0), group.Key);
            for (var k = 0; k < rows.Length; k++) weights[rows[k]] = (float)factors[k];
        }
        return weights;
    }

    private Tensor Each(Tensor logits, Tensor views, int[] rows, Mixture[] mixtures, int view) => _protocol.Labels switch
    {
        LabelKind.Soft => Divergence(logits, Stored(rows, view), _set.SoftLabels!.Temperature),
        LabelKind.Teacher => Divergence(logits, Asked(views), _protocol.Temperature),
        _ when Array.TrueForAll(mixtures, m => m.Share == 1) => nn.functional.cross_entropy(logits, _batches.Labels(rows), reduction: nn.Reduction.None),
        _ => SoftLabelLoss.Mixed(logits, _batches.Labels(rows), _batches.Labels(Array.ConvertAll(mixtures, m => m.Partner)), tensor(Array.ConvertAll(mixtures, m => (float)m.Share))),
    };

    private Tensor Divergence(Tensor logits, Tensor targets, double temperature) => _protocol.ScalesWithTemperature
        ? SoftLabelLoss.Scaled(logits, targets, temperature)
        : SoftLabelLoss.Divergence(logits, targets, temperature);

    private float WeightOf(int row, Mixture mixture) => _protocol.WeightUse == WeightUse.Sampling ? 1
        : mixture.Share == 1 ? _weights[row] : (float)(mixture.Share * _weights[row] + (1 - mixture.Share) * _weights[mixture.Partner]);

    private Tensor Stored(int[] rows, int view)
    {
        var labels = _set.SoftLabels!;
        var logits = new float[rows.Length * labels.Classes];
        for (var b = 0; b < rows.Length; b++)
            for (var l = 0; l < labels.Classes; l++) logits[b * labels.Classes + l] = (float)labels.View(rows[b], view)[l];
        return tensor(logits, [rows.Length, labels.Classes]);
    }

    private Tensor Asked(Tensor views)
    {
        using var quiet = no_grad();
        return _asked!.Evaluate(_teacher!.Normalization.Renormalise(views, _normalization));
    }

    private int[] Draws(ref SplitMix stream)
    {
        var cumulated = new double[_weights.Length];
        var sum = 0.0;
        for (var i = 0; i < cumulated.Length; i++) cumulated[i] = sum += _weights[i];
        var rows = new int[_weights.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            var at = Array.BinarySearch(cumulated, stream.NextDouble() * sum);
            rows[i] = Math.Min(at >= 0 ? at + 1 : ~at, rows.Length - 1);
        }
        return rows;
    }

    private static Augmentation AugmentationOf(SoftLabels labels) => labels.AugmentationName == "none" ? Augmentation.None : Augmentation.Parse(labels.AugmentationName);
}

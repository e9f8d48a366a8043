using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Training;
using static TorchSharp.torch;

namespace Ddoq.Neural.Labelling;

/// <summary>The stage "label": the teacher's logits for V augmented views of each image.</summary>
public static class SoftLabelling
{
    private const int Batch = 250;

    /// <summary>Labels all images. A view follows from (seed, view, image), so students recompute it instead of storing it.</summary>
    /// <exception cref="BadInputException">The teacher does not fit the images or their classes.</exception>
    public static SoftLabels Label(IImageDataset images, Teacher teacher, LabelOptions options, SeedSequence seeds,
        IProgress<StageProgress>? progress = null, CancellationToken cancel = default)
    {
        teacher.RequireFits(images);
        var classes = images.ClassNames.Count;
        var logits = new float[images.Count * options.Views * classes]; // N x V x L
        var batches = new ImageBatches(images, teacher.Normalization);
        var seed = seeds.For("label-views");
        for (var view = 0; view < options.Views; view++)
        {
            foreach (var rows in Enumerable.Range(0, images.Count).Chunk(Batch))
            {
                cancel.ThrowIfCancellationRequested();
                var found = LogitsOf(teacher, batches, rows, options, seed, view);
                for (var b = 0; b < rows.Length; b++)
                    found.AsSpan(b * classes, classes).CopyTo(logits.AsSpan((rows[b] * options.Views + view) * classes));
            }
            progress?.Report(new StageProgress("label", view + 1, options.Views, "views"));
        }
        return new SoftLabels(SoftLabels.Round(logits), images.Count, options.Views, classes)
        {
            Temperature = options.Temperature, AugmentationName = options.Augmentation.ToString(), AugmentationSeed = seed,
            TeacherName = teacher.Name, TeacherHash = teacher.Hash,
        };
    }

    private static float[] LogitsOf(Teacher teacher, ImageBatches batches, int[] rows, LabelOptions options, ulong seed, int view)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        return teacher.Network.call(batches.Views(rows, options.Augmentation, seed, view)).ToFloats();
    }
}

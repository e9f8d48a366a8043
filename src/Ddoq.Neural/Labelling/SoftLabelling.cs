using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Runtime;
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
        options.Storage.Require(classes);
        var logits = new float[images.Count * options.Views * classes]; // N x V x L
        var seed = seeds.For("label-views");
        var done = 0;
        Workers.Run(options.Views, 0, view =>
        {
            LabelView(images, teacher, options, seed, view, logits);
            progress?.Report(new StageProgress("label", Interlocked.Increment(ref done), options.Views, "views"));
        }, cancel);
        return new SoftLabels(SoftLabels.Round(logits), images.Count, options.Views, classes, options.Storage)
        {
            Temperature = options.Temperature,
            AugmentationName = options.Augmentation.ToString(),
            AugmentationSeed = seed,
            TeacherName = teacher.Name,
            TeacherHash = teacher.Hash,
        };
    }

    private static void LabelView(IImageDataset images, Teacher teacher, LabelOptions options, ulong seed, int view, float[] logits)
    {
        using var quiet = no_grad();
        var classes = images.ClassNames.Count;
        var batches = new ImageBatches(images, teacher.Normalization);
        foreach (var rows in Enumerable.Range(0, images.Count).Chunk(Batch))
        {
            using var scope = NewDisposeScope();
            var found = teacher.Network.call(batches.Views(rows, options.Augmentation, seed, view)).ToFloats();
            for (var b = 0; b < rows.Length; b++)
                found.AsSpan(b * classes, classes).CopyTo(logits.AsSpan((rows[b] * options.Views + view) * classes));
        }
    }
}

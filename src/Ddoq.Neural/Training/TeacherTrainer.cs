using Ddoq.Augmentations;
using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Evaluation;
using Ddoq.Neural.Networks;
using static TorchSharp.torch;

namespace Ddoq.Neural.Training;

/// <summary>Trains the classifier that gives soft labels.</summary>
public static class TeacherTrainer
{
    /// <summary>Trains on <paramref name="train"/>, writes the model into <paramref name="folder"/>, and scores it on <paramref name="test"/>.</summary>
    /// <param name="train">Real training images.</param>
    /// <param name="test">Real test images, or null.</param>
    /// <param name="options">Network and schedule.</param>
    /// <param name="seeds">Root of all randomness.</param>
    /// <param name="folder">An existing (staged) folder.</param>
    /// <param name="checkpoints">Where the state after each epoch is kept, or null.</param>
    /// <param name="progress">Receives each step.</param>
    /// <param name="cancel">Checked once per batch.</param>
    public static (FitOutcome Outcome, ClassifierSettings Settings) Fit(IImageDataset train, IImageDataset? test, TeacherOptions options, SeedSequence seeds,
        string folder, string? checkpoints = null, IProgress<StageProgress>? progress = null, CancellationToken cancel = default)
    {
        var normalization = PixelNormalization.Of(train);
        var network = new ConvNet(new ConvNetShape(train.Shape, train.ClassNames.Count, options.Width, options.Depth)).WithTorchDefaults(seeds);
        var batches = new ImageBatches(train, normalization);
        var views = seeds.For("teacher-views");

        Tensor Loss(int[] rows, int epoch) =>
            nn.functional.cross_entropy(network.call(batches.Views(rows, options.Augmentation, views, epoch)), batches.Labels(rows));

        var outcome = new FitLoop("teacher", network, options.Schedule, seeds, checkpoints).Run(train.Count, Loss, progress, cancel);
        var settings = new ClassifierSettings("convnet", train.Shape.Channels, train.Shape.Height, train.Shape.Width, train.ClassNames, options.Width, options.Depth,
            normalization.Mean, normalization.Std, train.Name, train.Fingerprint, options.Schedule.Epochs, seeds.Root, null);
        ModelFolder.Write(folder, "teacher", settings, network);
        if (test is not null)
        {
            // Scored as stored: what users load is the float16 file.
            settings = settings with { Accuracy = Accuracy.Of(ModelFolder.Open(folder, "teacher").LoadInto(network), new ImageBatches(test, normalization), cancel) };
            ModelFolder.Write(folder, "teacher", settings, network);
        }
        return (outcome, settings);
    }
}

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
    /// <summary>Folder inside a teacher's with those of earlier epochs.</summary>
    public const string Stages = "epochs";

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

        ClassifierSettings SettingsAfter(int epochs) => new("convnet", train.Shape.Channels, train.Shape.Height, train.Shape.Width, train.ClassNames, options.Width, options.Depth,
            normalization.Mean, normalization.Std, train.Name, train.Fingerprint, epochs, seeds.Root, null);

        // Beside the checkpoint, so that a run that goes on later finds those of the epochs before.
        var stages = checkpoints is null ? Path.Combine(folder, Stages) : $"{checkpoints}-{Stages}";
        void Keep(int epochs)
        {
            if (!options.KeptEpochs.Contains(epochs)) return;
            var stage = Directory.CreateDirectory(Path.Combine(stages, $"{epochs}")).FullName;
            Write(stage, SettingsAfter(epochs), network, test, normalization, cancel);
        }

        var outcome = new FitLoop("teacher", network, options.Schedule, seeds, checkpoints).Run(train.Count, Loss, progress, cancel, Keep);
        var settings = Write(folder, SettingsAfter(options.Schedule.Epochs), network, test, normalization, cancel);
        // Last of all: a run that is killed before it goes on from the checkpoint and still finds them there.
        if (checkpoints is not null && Directory.Exists(stages)) Directory.Move(stages, Path.Combine(folder, Stages));
        return (outcome, settings);
    }

    // Scored as stored: what users load is the float16 file.
    private static ClassifierSettings Write(string folder, ClassifierSettings settings, ConvNet network, IImageDataset? test, PixelNormalization normalization, CancellationToken cancel)
    {
        ModelFolder.Write(folder, "teacher", settings, network);
        if (test is null) return settings;
        using var stored = ModelFolder.Open(folder, "teacher").LoadInto(new ConvNet(network.Shape));
        settings = settings with { Accuracy = Accuracy.Of(stored, new ImageBatches(test, normalization), cancel) };
        ModelFolder.Write(folder, "teacher", settings, network);
        return settings;
    }
}

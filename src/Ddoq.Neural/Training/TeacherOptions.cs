using Ddoq.Augmentations;

namespace Ddoq.Neural.Training;

/// <summary>How a teacher is trained. The defaults give the bundled Fashion-MNIST teacher.</summary>
public sealed record TeacherOptions
{
    /// <summary>Filters per layer of its ConvNet. Default 64.</summary>
    public int Width { get; init; } = 64;

    /// <summary>Layers of its ConvNet. Default 3.</summary>
    public int Depth { get; init; } = 3;

    /// <summary>Views that it is trained on.</summary>
    public Augmentation Augmentation { get; init; } = new();

    /// <summary>Epochs after which the teacher is kept as well, in epochs/N of its folder: where images are few, one that was stopped early often labels better.</summary>
    public IReadOnlyList<int> KeptEpochs { get; init; } = [];

    /// <summary>Length and step sizes.</summary>
    public FitSchedule Schedule { get; init; } = new() { Epochs = 14, BatchSize = 128, LearningRate = 3e-3, WeightDecay = 0.02, AverageDecay = 0.998 };
}

/// <summary>What model.json says of a classifier.</summary>
/// <param name="Architecture">"convnet".</param>
/// <param name="Channels">Image channels.</param>
/// <param name="Height">Image rows.</param>
/// <param name="Width">Image columns.</param>
/// <param name="Classes">Class names in label order.</param>
/// <param name="Filters">Filters per layer.</param>
/// <param name="Depth">Layers.</param>
/// <param name="Mean">Pixel mean per channel.</param>
/// <param name="Std">Pixel standard deviation per channel.</param>
/// <param name="TrainedOn">Name of the training set.</param>
/// <param name="Fingerprint">Its fingerprint.</param>
/// <param name="Epochs">Passes.</param>
/// <param name="Seed">Root seed.</param>
/// <param name="Accuracy">Top-1 on the test set as stored (float16), last epoch, in [0, 1]; null if no test set was given.</param>
public sealed record ClassifierSettings(string Architecture, int Channels, int Height, int Width, IReadOnlyList<string> Classes, int Filters, int Depth,
    IReadOnlyList<float> Mean, IReadOnlyList<float> Std, string TrainedOn, string Fingerprint, int Epochs, ulong Seed, double? Accuracy);

using Ddoq.Augmentations;
using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Training;

namespace Ddoq.Neural.Labelling;

/// <summary>A trained classifier with the normalization that it was trained under.</summary>
public sealed class Teacher
{
    private Teacher(ConvNet network, PixelNormalization normalization, ClassifierSettings settings, string hash) =>
        (Network, Normalization, Settings, Hash) = (network, normalization, settings, hash);

    /// <summary>The network, in evaluation mode.</summary>
    public ConvNet Network { get; }

    /// <summary>How its images are scaled.</summary>
    public PixelNormalization Normalization { get; }

    /// <summary>What its model.json says.</summary>
    public ClassifierSettings Settings { get; }

    /// <summary>SHA-256 of the model.</summary>
    public string Hash { get; }

    /// <summary>Name for people.</summary>
    public string Name => Network.Shape.ToString();

    /// <summary>Opens a folder made by <see cref="TeacherTrainer"/>.</summary>
    /// <exception cref="BadInputException">It is no teacher, or a damaged one.</exception>
    public static Teacher Load(string folder)
    {
        var model = ModelFolder.Open(folder, "teacher");
        var s = model.Settings<ClassifierSettings>();
        var network = model.LoadInto(new ConvNet(new ConvNetShape(new ImageShape(s.Channels, s.Height, s.Width), s.Classes.Count, s.Filters, s.Depth)));
        foreach (var parameter in network.parameters()) parameter.requires_grad = false; // it teaches and learns no more
        return new Teacher(network, new PixelNormalization(s.Mean, s.Std), s, model.Hash);
    }

    /// <summary>Refuses images of another shape, and classes of another order: labels would be silently permuted.</summary>
    /// <exception cref="BadInputException">They differ.</exception>
    public void RequireFits(IImageDataset dataset)
    {
        if (dataset.Shape != Network.Shape.Input)
            throw new BadInputException($"the teacher takes images of {Network.Shape.Input}, '{dataset.Name}' has {dataset.Shape}. Train one on such images with 'ddoq fit teacher'.");
        if (!dataset.ClassNames.SequenceEqual(Settings.Classes))
            throw new BadInputException($"the teacher knows the classes [{string.Join(", ", Settings.Classes)}], '{dataset.Name}' has [{string.Join(", ", dataset.ClassNames)}]. Names and order must agree.");
    }
}

using System.Text.Json.Serialization;
using Ddoq.Augmentations;
using Ddoq.Datasets;
using Ddoq.Latents;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Networks.StableDiffusion;

namespace Ddoq.Neural.Training;

/// <summary>How a VAE is trained. The defaults give the bundled Fashion-MNIST VAE.</summary>
public sealed record VaeOptions
{
    /// <summary>Channels of the latent. Default 6: 384 numbers for a 28x28 image.</summary>
    public int LatentChannels { get; init; } = 6;

    /// <summary>Channels of the network. Default 32.</summary>
    public int Width { get; init; } = 32;

    /// <summary>Weight of the KL term per latent number against the squared error per pixel on the scale [-1, 1].</summary>
    public double KlWeight { get; init; } = 3e-4;

    /// <summary>Weight of the absolute error beside the squared error; keeps edges sharp.</summary>
    public double AbsoluteErrorWeight { get; init; } = 0.05;

    /// <summary>Views that it is trained on.</summary>
    public Augmentation Augmentation { get; init; } = new() { Shift = 0 };

    /// <summary>Length and step sizes.</summary>
    public FitSchedule Schedule { get; init; } = new() { Epochs = 6, BatchSize = 64, LearningRate = 2e-3, WeightDecay = 1e-4, GradientNorm = 1, AverageDecay = 0.998 };
}

/// <summary>What model.json says of a VAE: an <see cref="AutoencoderKL"/> over <see cref="PixelCells"/>.</summary>
/// <param name="Channels">Image channels.</param>
/// <param name="Height">Image rows.</param>
/// <param name="Width">Image columns.</param>
/// <param name="LatentChannels">C_z.</param>
/// <param name="Filters">Channels of the network.</param>
/// <param name="LatentScale">Factor after encoding that gives latents unit variance over the training set; divided out before decoding.</param>
/// <param name="TrainedOn">Name of the training set.</param>
/// <param name="Fingerprint">Its fingerprint.</param>
/// <param name="Epochs">Passes.</param>
/// <param name="Seed">Root seed.</param>
/// <param name="Psnr">Peak signal-to-noise ratio in dB over the test set (training set if none was given), of bytes after encoding and decoding, as stored (float16).</param>
public sealed record VaeSettings(int Channels, int Height, int Width, int LatentChannels, int Filters, double LatentScale,
    string TrainedOn, string Fingerprint, int Epochs, ulong Seed, double? Psnr)
{
    // Image pixels per latent cell along one axis: cells of two pixels, halved once.
    private const int Factor = 4;

    // The largest number of groups, up to 8, that divides the channels.
    private int Groups => Enumerable.Range(1, 8).Last(g => Filters % g == 0);

    /// <summary>Shape of the images.</summary>
    [JsonIgnore]
    public ImageShape Image => new(Channels, Height, Width);

    /// <summary>What the network sees of an image. Sides of latents are even, so that a prior can cut them into 2x2 patches.</summary>
    [JsonIgnore]
    public PixelCells Cells => new(Image, 2 * Factor);

    /// <summary>Shape of the network.</summary>
    [JsonIgnore]
    public AutoencoderKLShape Network => new(Cells.Shape.Channels, LatentChannels, [Filters, Filters], Layers: 1, Groups, LatentScale, Cells.Shape.Height);

    /// <summary>Shape of z.</summary>
    [JsonIgnore]
    public LatentShape Latent => new(LatentChannels, Cells.PaddedHeight / Factor, Cells.PaddedWidth / Factor);
}

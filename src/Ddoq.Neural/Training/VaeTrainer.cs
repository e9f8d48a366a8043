using Ddoq.Augmentations;
using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Networks.StableDiffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Training;

/// <summary>Trains the autoencoder whose latents are quantized and in which the prior works.</summary>
public static class VaeTrainer
{
    /// <summary>Trains on <paramref name="train"/>, writes the model into <paramref name="folder"/>, and measures PSNR on <paramref name="test"/>.</summary>
    /// <param name="train">Real training images.</param>
    /// <param name="test">Real test images, or null to measure on the training images.</param>
    /// <param name="options">Network, loss and schedule.</param>
    /// <param name="seeds">Root of all randomness.</param>
    /// <param name="folder">An existing (staged) folder.</param>
    /// <param name="checkpoints">Where the state after each epoch is kept, or null.</param>
    /// <param name="progress">Receives each step.</param>
    /// <param name="cancel">Checked once per batch.</param>
    public static (FitOutcome Outcome, VaeSettings Settings) Fit(IImageDataset train, IImageDataset? test, VaeOptions options, SeedSequence seeds,
        string folder, string? checkpoints = null, IProgress<StageProgress>? progress = null, CancellationToken cancel = default)
    {
        var (image, schedule) = (train.Shape, options.Schedule);
        var settings = new VaeSettings(image.Channels, image.Height, image.Width, options.LatentChannels, options.Width, 1, train.Name, train.Fingerprint, schedule.Epochs, seeds.Root, null);
        var (network, cells) = (new AutoencoderKL(settings.Network).WithTorchDefaults(seeds), settings.Cells);
        var batches = new ImageBatches(train, PixelNormalization.Symmetric(train.Shape.Channels));
        var views = seeds.For("vae-views");

        Tensor Loss(int[] rows, int epoch)
        {
            var images = batches.Views(rows, options.Augmentation, views, epoch);
            var (mean, logVariance) = network.Encode(cells.Of(images));
            using var generator = new Generator(seeds.For("vae-noise", epoch, rows[0]), CPU);
            var z = mean.Plus(logVariance.Times(0.5).exp() * randn(mean.shape, generator: generator));
            return NegativeElbo(images, cells.ToImages(network.Decode(z)), mean, logVariance, options);
        }

        var outcome = new FitLoop("vae", network, schedule, seeds, checkpoints).Run(train.Count, Loss, progress, cancel);
        settings = settings with { LatentScale = LatentScale(network, cells, batches, cancel) };
        ModelFolder.Write(folder, "vae", settings, network);
        // Measured as stored: what users load is the float16 file.
        settings = settings with { Psnr = Reconstruction.Psnr(VaeCodec.Load(folder), test ?? train, cancel) };
        ModelFolder.Write(folder, "vae", settings, network);
        return (outcome, settings);
    }

    /// <summary>Squared error + a |error| + b KL(posterior || N(0, I)), each a mean over its own numbers.</summary>
    private static Tensor NegativeElbo(Tensor images, Tensor decoded, Tensor mean, Tensor logVariance, VaeOptions options)
    {
        var error = decoded - images;
        var divergence = (mean.Squared().Plus(logVariance.exp()) - logVariance).Minus(1).mean().Times(0.5);
        return error.Squared().mean().Plus(error.abs().mean().Times(options.AbsoluteErrorWeight)).Plus(divergence.Times(options.KlWeight));
    }

    // 1 / standard deviation of the posterior means over up to 10,000 images, as latent diffusion does (Rombach et al. 2022, 4.3).
    private static double LatentScale(AutoencoderKL network, PixelCells cells, ImageBatches batches, CancellationToken cancel)
    {
        using var quiet = no_grad();
        double sum = 0, squares = 0, numbers = 0;
        // Evenly spread: the images of a folder come class by class.
        var (count, all) = (Math.Min(10_000, batches.Dataset.Count), (long)batches.Dataset.Count);
        foreach (var rows in Enumerable.Range(0, count).Select(i => (int)(i * all / count)).Chunk(250))
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var z = network.Encode(cells.Of(batches.Plain(rows))).Mean.to(ScalarType.Float64);
            sum += z.sum().item<double>();
            squares += z.Squared().sum().item<double>();
            numbers += z.numel();
        }
        var mean = sum / numbers;
        return 1 / Math.Sqrt(squares / numbers - mean * mean);
    }
}

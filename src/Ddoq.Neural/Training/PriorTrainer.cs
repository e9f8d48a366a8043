using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Diffusion;
using Ddoq.Neural.Networks;
using static TorchSharp.torch;

namespace Ddoq.Neural.Training;

/// <summary>Trains the class-conditional diffusion transformer in the latent space of a VAE.</summary>
public static class PriorTrainer
{
    private const Prediction Predicts = Prediction.Velocity;

    /// <summary>Trains on the latents of <paramref name="store"/> and writes the model into <paramref name="folder"/>.</summary>
    /// <param name="store">Latents of the training images.</param>
    /// <param name="options">Network and schedule.</param>
    /// <param name="seeds">Root of all randomness.</param>
    /// <param name="folder">An existing (staged) folder.</param>
    /// <param name="checkpoints">Where the state after each epoch is kept, or null.</param>
    /// <param name="progress">Receives each step.</param>
    /// <param name="cancel">Checked once per batch.</param>
    public static (FitOutcome Outcome, PriorSettings Settings) Fit(LatentStore store, PriorOptions options, SeedSequence seeds,
        string folder, string? checkpoints = null, IProgress<StageProgress>? progress = null, CancellationToken cancel = default)
    {
        var shape = new DiTShape(store.Shape.Channels, store.Shape.Height, store.Shape.Width, store.ClassCount, options.Patch, options.Hidden, options.Depth, options.Heads);
        var network = new DiT(shape).WithPaperInitialization(seeds);
        var batches = new LatentBatches(store);
        var schedule = NoiseSchedule.Named(options.NoiseSchedule);

        // E |v(x_t, t, y) - v|^2 over uniform t, with the class left out at random.
        Tensor Loss(int[] rows, int epoch)
        {
            var (clean, labels) = batches.Of(rows);
            var stream = seeds.Stream("prior-draws", epoch, rows[0]);
            var timesteps = new long[rows.Length];
            for (var b = 0; b < rows.Length; b++)
            {
                timesteps[b] = stream.Next(schedule.Steps);
                if (stream.NextDouble() < options.ClassDropout) labels[b] = shape.NullClass;
            }
            using var generator = new Generator(stream.NextUInt64(), CPU);
            var noise = randn(clean.shape, generator: generator);
            var alphaBar = tensor(Array.ConvertAll(timesteps, t => (float)schedule.AlphaBar[(int)t])).view(-1, 1, 1, 1);
            var noised = (alphaBar.sqrt() * clean).Plus(alphaBar.SubtractedFrom(1).sqrt() * noise);
            var predicted = network.call(noised, tensor(timesteps), tensor(labels));
            return (predicted - Predicts.Target(clean, noise, alphaBar)).Squared().mean();
        }

        var outcome = new FitLoop("prior", network, options.Schedule, seeds, checkpoints).Run(batches.Count, Loss, progress, cancel);
        var d = store.Description;
        var settings = new PriorSettings(store.Shape.Channels, store.Shape.Height, store.Shape.Width, store.ClassNames, options.Patch, options.Hidden, options.Depth, options.Heads,
            options.NoiseSchedule, "velocity", d.EncoderSha256, d.Dataset, d.DatasetFingerprint, options.Schedule.Epochs, seeds.Root, outcome.Loss);
        ModelFolder.Write(folder, "prior", settings, network);
        return (outcome, settings);
    }
}

using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Diffusion;
using Ddoq.Neural.Networks;
using static TorchSharp.torch;

namespace Ddoq.Neural.Synthesis;

/// <summary>The step that all diffusion priors share: noise a centroid to the start SNR, then run the sampler down to a clean latent.</summary>
internal sealed class CentroidDenoising(NoiseSchedule schedule, ISampler sampler, SynthesisOptions options)
{
    /// <summary>Refines K centroids of one class, <paramref name="batch"/> at a time.</summary>
    /// <param name="centroids">K x D.</param>
    /// <param name="shape">Shape of z.</param>
    /// <param name="label">Its index names the streams of the noise.</param>
    /// <param name="seeds">Each point draws from a stream of its own, so batches change nothing.</param>
    /// <param name="batch">Points denoised together, at least 1.</param>
    /// <param name="denoiserOf">The guided denoiser for so many points.</param>
    public float[] Run(ReadOnlySpan<float> centroids, LatentShape shape, ClassLabel label, SeedSequence seeds, int batch, Func<int, Denoiser> denoiserOf)
    {
        using var quiet = no_grad();
        var result = new float[centroids.Length];
        var count = centroids.Length / shape.Dimension;
        var grid = StepGrid.Even(schedule, schedule.TimestepAt(options.StartSnr), options.Steps);
        for (var first = 0; first < count; first += batch)
        {
            using var scope = NewDisposeScope();
            var rows = Math.Min(batch, count - first);
            var part = centroids.Slice(first * shape.Dimension, rows * shape.Dimension);
            var noise = stack(Enumerable.Range(first, rows).Select(k => Initialization.Gaussian(seeds.Stream("synthesis", label.Index, k), shape.Channels, shape.Height, shape.Width)));
            var noised = grid.Steps[0].Noised(tensor(part.ToArray(), [rows, shape.Channels, shape.Height, shape.Width]), noise);
            sampler.Sample(denoiserOf(rows), noised, grid).ToFloats().CopyTo(result.AsSpan(first * shape.Dimension));
        }
        return result;
    }
}

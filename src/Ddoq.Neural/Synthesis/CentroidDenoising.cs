using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Diffusion;
using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Synthesis;

/// <summary>The step that all diffusion priors share: put a centroid at the start level, then run the sampler down to a clean latent.</summary>
internal sealed class CentroidDenoising
{
    // Other noise may end well where this one did not, in half precision above all.
    private const int Attempts = 3;

    private readonly SynthesisOptions _options;
    private readonly ISampler _sampler;
    private readonly StepGrid _grid;

    public CentroidDenoising(DiffusersScheduler scheduler, SynthesisOptions options)
    {
        _options = options;
        var schedule = scheduler.Schedule;
        (_sampler, _grid) = (options.Start, options.Level) switch
        {
            (StartPoint.Noise, _) => scheduler.From(schedule.Steps - 1, options.Steps),
            (_, { Kind: StartKind.Strength } level) => (scheduler.Sampler, scheduler.Plan(options.Steps, level.Value)),
            (_, { Kind: StartKind.Timestep } level) => scheduler.From((int)level.Value < schedule.Steps ? (int)level.Value : throw Outside(level, schedule), options.Steps),
            var (_, level) => scheduler.From(schedule.TimestepAt(level.Value), options.Steps),
        };
        if (_grid.Steps.Count == 0) throw new UsageException($"strength {options.Level.Value} of {options.Steps} steps leaves no step. Ask for more steps or a higher strength.");
    }

    /// <summary>The noise level at which points enter, as a SNR.</summary>
    public double StartSnr => _grid.Steps[0].From / (1 - _grid.Steps[0].From);

    /// <summary>What the space of the points depends on beyond the encoder; empty for clean latents.</summary>
    public string Space => _options.Start == StartPoint.Inverted ? string.Join(' ', _grid.Steps.Select(s => s.Timestep)) : "";

    /// <summary>Refines K centroids of one class, <paramref name="batch"/> at a time. Rows that end up not finite are tried again with other noise, and stay so if that does not help.</summary>
    /// <param name="centroids">K x D.</param>
    /// <param name="shape">Shape of z.</param>
    /// <param name="label">Its index names the streams of the noise.</param>
    /// <param name="seeds">Each point draws from a stream of its own, so batches change nothing.</param>
    /// <param name="batch">Points denoised together, at least 1.</param>
    /// <param name="denoiserOf">The guided denoiser for so many points.</param>
    public float[] Run(ReadOnlySpan<float> centroids, LatentShape shape, ClassLabel label, SeedSequence seeds, int batch, Func<int, Denoiser> denoiserOf)
    {
        using var quiet = no_grad();
        var (result, d) = (centroids.ToArray(), shape.Dimension);
        var left = Enumerable.Range(0, result.Length / d).ToArray();
        for (var attempt = 0; attempt < Attempts && left.Length > 0; attempt++)
        {
            foreach (var rows in left.Chunk(batch)) Refine(result, centroids, rows, attempt);
            left = [.. left.Where(k => result.AsSpan(k * d, d).IndexOfAnyExceptInRange(float.MinValue, float.MaxValue) >= 0)];
            if (_options.Start == StartPoint.Inverted && !_sampler.IsRandom) break; // nothing is drawn
        }
        return result;

        void Refine(float[] target, ReadOnlySpan<float> from, int[] rows, int attempt)
        {
            using var scope = NewDisposeScope();
            // The first attempt has the streams that it had before there were others.
            Tensor Noise(string stream, int step) => stack(rows.Select(k => Initialization.Gaussian(seeds.Stream(attempt == 0 ? stream : $"{stream}-{attempt}", label.Index, k, step), shape.Channels, shape.Height, shape.Width)));
            var values = new float[rows.Length * d];
            for (var i = 0; i < rows.Length; i++) from.Slice(rows[i] * d, d).CopyTo(values.AsSpan(i * d));
            var points = tensor(values, [rows.Length, shape.Channels, shape.Height, shape.Width]);
            var start = _options.Start == StartPoint.Inverted ? points : _grid.Steps[0].Noised(points, Noise("synthesis", 0));
            var refined = _sampler.Sample(denoiserOf(rows.Length), start, _grid, (step, _) => Noise("synthesis-step", step)).ToFloats();
            for (var i = 0; i < rows.Length; i++) refined.AsSpan(i * d, d).CopyTo(target.AsSpan(rows[i] * d));
        }
    }

    /// <summary>Carries clean latents of one class up the flow to the start level, where <see cref="StartPoint.Inverted"/> quantizes.</summary>
    /// <param name="latents">N x D.</param>
    /// <param name="shape">Shape of z.</param>
    /// <param name="batch">Latents carried together, at least 1.</param>
    /// <param name="denoiserOf">The denoiser for so many, with the class and without guidance.</param>
    public float[] Invert(ReadOnlySpan<float> latents, LatentShape shape, int batch, Func<int, Denoiser> denoiserOf)
    {
        using var quiet = no_grad();
        var (result, d) = (new float[latents.Length], shape.Dimension);
        for (int first = 0, count = latents.Length / d; first < count; first += batch)
        {
            using var scope = NewDisposeScope();
            var rows = Math.Min(batch, count - first);
            var clean = tensor(latents.Slice(first * d, rows * d).ToArray(), [rows, shape.Channels, shape.Height, shape.Width]);
            new FlowSampler(_sampler.Prediction).Invert(denoiserOf(rows), clean, _grid).ToFloats().CopyTo(result.AsSpan(first * d));
        }
        return result;
    }

    private static UsageException Outside(StartLevel level, NoiseSchedule schedule) => new($"start timestep {level.Value} is outside the model's schedule: expected 0 to {schedule.Steps - 1}.");
}

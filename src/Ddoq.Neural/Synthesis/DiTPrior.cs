using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Diffusion;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Training;
using static TorchSharp.torch;

namespace Ddoq.Neural.Synthesis;

/// <summary>Noises a centroid to <see cref="SynthesisOptions.StartSnr"/> and denoises it under its class with a diffusion transformer.</summary>
public sealed class DiTPrior : IPrior
{
    private readonly DiT _network;
    private readonly DdimSampler _sampler;
    private readonly SynthesisOptions _options;

    private DiTPrior(DiT network, DdimSampler sampler, SynthesisOptions options, IReadOnlyList<string> classes, string hash, string encoderHash) =>
        (_network, _sampler, _options, ClassNames, Hash, EncoderHash) = (network, sampler, options, classes, hash, encoderHash);

    /// <inheritdoc />
    public string Name => "dit";

    /// <inheritdoc />
    public string Hash { get; }

    /// <inheritdoc />
    public string EncoderHash { get; }

    /// <summary>Class names in the order of its labels.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Opens a folder made by <see cref="PriorTrainer"/>.</summary>
    /// <exception cref="BadInputException">It is no prior, or a damaged one.</exception>
    public static DiTPrior Load(string folder, SynthesisOptions options)
    {
        var model = ModelFolder.Open(folder, "prior");
        var s = model.Settings<PriorSettings>();
        var shape = new DiTShape(s.LatentChannels, s.LatentHeight, s.LatentWidth, s.Classes.Count, s.Patch, s.Hidden, s.Depth, s.Heads);
        if (!Enum.TryParse<Prediction>(s.Prediction, ignoreCase: true, out var prediction))
            throw new BadInputException($"'{folder}': prediction '{s.Prediction}' is unknown: expected velocity or epsilon. Use a model made by this version.");
        return new DiTPrior(model.LoadInto(new DiT(shape)), new DdimSampler(NoiseSchedule.Named(s.NoiseSchedule), prediction), options, s.Classes, model.Hash, s.EncoderSha256);
    }

    /// <inheritdoc />
    public float[] Refine(ReadOnlySpan<float> centroids, LatentShape shape, int classIndex, SeedSequence seeds, CancellationToken cancel = default)
    {
        if ((shape.Channels, shape.Height, shape.Width) != (_network.Shape.Channels, _network.Shape.Height, _network.Shape.Width))
            throw new BadInputException($"the prior works on latents of {_network.Shape.Channels}x{_network.Shape.Height}x{_network.Shape.Width}, the codebook has {shape}. Use the prior that was trained on this encoder.");
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var count = centroids.Length / shape.Dimension;
        var start = _sampler.Schedule.TimestepAt(_options.StartSnr);
        var alphaBar = _sampler.Schedule.AlphaBar[start];
        var noise = stack(Enumerable.Range(0, count).Select(k => Initialization.Gaussian(seeds.Stream("synthesis", classIndex, k), shape.Channels, shape.Height, shape.Width)));
        var noised = Math.Sqrt(alphaBar) * tensor(centroids.ToArray(), [count, shape.Channels, shape.Height, shape.Width]) + Math.Sqrt(1 - alphaBar) * noise;
        return _sampler.Sample(Guided(count, classIndex, cancel), noised, start, _options.Steps).ToFloats();
    }

    private Denoiser Guided(int count, int classIndex, CancellationToken cancel)
    {
        var labels = cat([full([count], classIndex, ScalarType.Int64), full([count], _network.Shape.NullClass, ScalarType.Int64)]);
        return (x, t) =>
        {
            cancel.ThrowIfCancellationRequested();
            var both = _network.call(cat([x, x]), full([2 * count], t, ScalarType.Int64), labels);
            return Guidance.Combine(both, _options.GuidanceScale);
        };
    }
}

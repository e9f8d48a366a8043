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
    // Points denoised together: a whole class of small latents, eight of 256-pixel images.
    private const int TokensAtOnce = 2048;

    private readonly DiT _network;
    private readonly CentroidDenoising _denoising;
    private readonly SynthesisOptions _options;
    private readonly ClassNames _labels;

    private DiTPrior(DiT network, NoiseSchedule schedule, ISampler sampler, SynthesisOptions options, ClassNames labels, string hash, string encoderHash) =>
        (_network, _denoising, _options, _labels, Hash, EncoderHash) = (network, new CentroidDenoising(schedule, sampler, options), options, labels, hash, encoderHash);

    /// <inheritdoc />
    public string Name => "dit";

    /// <inheritdoc />
    public string Hash { get; }

    /// <inheritdoc />
    public string EncoderHash { get; }

    /// <summary>The classes that it knows.</summary>
    public ClassNames Classes => _labels;

    /// <summary>Opens a folder made by <see cref="PriorTrainer"/>.</summary>
    /// <exception cref="BadInputException">It is no prior, or a damaged one.</exception>
    public static DiTPrior Load(string folder, SynthesisOptions options)
    {
        var model = ModelFolder.Open(folder, "prior");
        var s = model.Settings<PriorSettings>();
        var shape = new DiTShape(s.LatentChannels, s.LatentHeight, s.LatentWidth, s.Classes.Count, s.Patch, s.Hidden, s.Depth, s.Heads);
        if (!Enum.TryParse<Prediction>(s.Prediction, ignoreCase: true, out var prediction))
            throw new BadInputException($"'{folder}': prediction '{s.Prediction}' is unknown: expected velocity or epsilon. Use a model made by this version.");
        return new DiTPrior(model.LoadInto(new DiT(shape)), NoiseSchedule.Named(s.NoiseSchedule), new DdimSampler(prediction), options, ClassNames.InOrder(s.Classes), model.Hash, s.EncoderSha256);
    }

    /// <summary>Opens a DiT in a folder of diffusers' layout, such as DiT-XL/2.</summary>
    /// <exception cref="BadInputException">A part is missing, damaged or not supported; it is named.</exception>
    public static DiTPrior Load(DiffusersFolder folder, SynthesisOptions options)
    {
        var config = folder.Config("transformer");
        var shape = DiffusersDiT.Shape(config);
        var network = folder.LoadInto("transformer", new DiT(shape), DiTKeys.Diffusers);
        var (schedule, prediction) = folder.Diffusion();
        return new DiTPrior(network, schedule, new DdimSampler(prediction), options, folder.ClassNames(shape.Classes), folder.Hash("transformer"), folder.Hash("vae"));
    }

    /// <inheritdoc />
    public float[] Refine(ReadOnlySpan<float> centroids, LatentShape shape, ClassLabel label, SeedSequence seeds, CancellationToken cancel = default)
    {
        if ((shape.Channels, shape.Height, shape.Width) != (_network.Shape.Channels, _network.Shape.Height, _network.Shape.Width))
            throw new BadInputException($"the prior works on latents of {_network.Shape.Channels}x{_network.Shape.Height}x{_network.Shape.Width}, the codebook has {shape}. Use the prior that was trained on this encoder.");
        var batch = Math.Max(1, TokensAtOnce / (_network.Shape.Rows * _network.Shape.Columns));
        return _denoising.Run(centroids, shape, label, seeds, batch, count => Guided(count, _labels.IndexOf(label), cancel));
    }

    private Denoiser Guided(int count, int classIndex, CancellationToken cancel)
    {
        var labels = cat([full([count], classIndex, ScalarType.Int64), full([count], _network.Shape.NullClass, ScalarType.Int64)]);
        return (x, t) =>
        {
            cancel.ThrowIfCancellationRequested();
            var both = _network.call(cat([x, x]), full([2 * count], t, ScalarType.Int64), labels);
            return Guidance.Combine(both.narrow(1, 0, _network.Shape.Channels), _options.GuidanceScale); // without a learned variance
        };
    }
}

using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Diffusion;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Synthesis;

/// <summary>Puts a centroid at <see cref="SynthesisOptions.Level"/> and denoises it under its class with a diffusion transformer.</summary>
public sealed class DiTPrior : IPrior
{
    // Points denoised together: a whole class of small latents, eight of 256-pixel images.
    private const int TokensAtOnce = 2048;

    private readonly DiT _network;
    private readonly CentroidDenoising _denoising;
    private readonly SynthesisOptions _options;
    private readonly ClassNames _labels;
    private readonly long _outputs;

    private DiTPrior(DiT network, DiffusersScheduler scheduler, SynthesisOptions options, ClassNames labels, string hash, string encoderHash)
    {
        (_network, _denoising, _options, _labels, Hash, EncoderHash) = (network, new CentroidDenoising(scheduler, options), options, labels, hash, encoderHash);
        // Without the variance's channels, unless the sampler reads them.
        _outputs = scheduler.Sampler is DdpmSampler { Variance: StepVariance.Learned } ? network.Shape.Outputs : network.Shape.Channels;
        network.to(options.Precision);
    }

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
        var scheduler = DiffusersScheduler.Of(options.Sampler == SamplerKind.Own ? SamplerKind.Ddim : options.Sampler, NoiseSchedule.Named(s.NoiseSchedule), prediction);
        return new DiTPrior(model.LoadInto(new DiT(shape)), scheduler, options, ClassNames.InOrder(s.Classes), model.Hash, s.EncoderSha256);
    }

    /// <summary>Opens a DiT in a folder of diffusers' layout, such as DiT-XL/2.</summary>
    /// <exception cref="BadInputException">A part is missing, damaged or not supported; it is named.</exception>
    public static DiTPrior Load(DiffusersFolder folder, SynthesisOptions options)
    {
        var config = folder.Config("transformer");
        var shape = DiffusersDiT.Shape(config);
        var network = folder.LoadInto("transformer", new DiT(shape), DiTKeys.Diffusers);
        return new DiTPrior(network, folder.Scheduler(options.Sampler, shape.LearnSigma), options, folder.ClassNames(shape.Classes), folder.Hash("transformer"), folder.Hash("vae"));
    }

    /// <summary>Opens an official checkpoint, such as DiT-XL-2-256x256.pt: linear betas, 1,000 steps, ancestral sampling unless the options choose another sampler; classes by their order.</summary>
    /// <param name="checkpoint">Of torch.save, or safetensors.</param>
    /// <param name="encoderHash">Hash of the VAE that it is used with: the file does not name its own.</param>
    /// <param name="options">How centroids pass.</param>
    /// <exception cref="BadInputException">It is no DiT under the official names, or a damaged one.</exception>
    public static DiTPrior LoadOfficial(string checkpoint, string encoderHash, SynthesisOptions options)
    {
        var shape = OfficialDiT.ShapeOf(checkpoint);
        var kind = options.Sampler == SamplerKind.Own ? SamplerKind.Ddpm : options.Sampler;
        var scheduler = DiffusersScheduler.Of(kind, NoiseSchedule.Linear(), Prediction.Epsilon, shape.LearnSigma);
        return new DiTPrior(Weights.Load(checkpoint, new DiT(shape)), scheduler, options, ClassNames.Unnamed(shape.Classes), Hashes.OfFile(checkpoint), encoderHash);
    }

    /// <inheritdoc />
    public string SpaceHash => _denoising.Space.Length == 0 ? "" : LatentInversion.SpaceHash(EncoderHash, Hash, _denoising.Space);

    /// <inheritdoc />
    public float[] Refine(ReadOnlySpan<float> centroids, LatentShape shape, ClassLabel label, SeedSequence seeds, CancellationToken cancel = default)
    {
        RequireShape(shape);
        return _denoising.Run(centroids, shape, label, seeds, Batch, count => Guided(count, _labels.IndexOf(label), cancel));
    }

    /// <inheritdoc />
    public float[] Invert(ReadOnlySpan<float> latents, LatentShape shape, ClassLabel label, CancellationToken cancel = default)
    {
        RequireShape(shape);
        return _denoising.Invert(latents, shape, Batch, count => Conditional(count, _labels.IndexOf(label), cancel));
    }

    private int Batch => Math.Max(1, TokensAtOnce / (_network.Shape.Rows * _network.Shape.Columns));

    private void RequireShape(LatentShape shape)
    {
        if ((shape.Channels, shape.Height, shape.Width) != (_network.Shape.Channels, _network.Shape.Height, _network.Shape.Width))
            throw new BadInputException($"the prior works on latents of {_network.Shape.Channels}x{_network.Shape.Height}x{_network.Shape.Width}, the codebook has {shape}. Use the prior that was trained on this encoder.");
    }

    private Denoiser Guided(int count, int classIndex, CancellationToken cancel)
    {
        var labels = cat([TensorArithmetic.Repeated(classIndex, count), TensorArithmetic.Repeated(_network.Shape.NullClass, count)]);
        return (x, t) =>
        {
            var both = Predict(cat([x, x]), t, labels, cancel);
            return Guidance.Combine(both, _options.GuidanceScale, Math.Min(_options.GuidedChannels ?? int.MaxValue, _network.Shape.Channels)); // never the variance
        };
    }

    private Denoiser Conditional(int count, int classIndex, CancellationToken cancel)
    {
        var labels = TensorArithmetic.Repeated(classIndex, count);
        return (x, t) => Predict(x, t, labels, cancel).narrow(1, 0, _network.Shape.Channels);
    }

    private Tensor Predict(Tensor x, int t, Tensor labels, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return _network.call(x.to(_options.Precision), TensorArithmetic.Repeated(t, x.shape[0]), labels).narrow(1, 0, _outputs).@float();
    }
}

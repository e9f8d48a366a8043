using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Diffusion;
using Ddoq.Neural.Networks.Clip;
using Ddoq.Neural.Networks.StableDiffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Synthesis;

/// <summary>Noises a centroid to <see cref="SynthesisOptions.StartSnr"/> and denoises it under its class's name with Stable Diffusion.</summary>
public sealed class StableDiffusionPrior : IPrior
{
    // Points denoised together: four of 512-pixel images.
    private const int CellsAtOnce = 4 * 64 * 64;

    private readonly UNet _network;
    private readonly ClipText _text;
    private readonly ClipTokenizer _tokenizer;
    private readonly CentroidDenoising _denoising;
    private readonly SynthesisOptions _options;

    private StableDiffusionPrior(UNet network, ClipText text, ClipTokenizer tokenizer, NoiseSchedule schedule, ISampler sampler, SynthesisOptions options, string hash, string encoderHash) =>
        (_network, _text, _tokenizer, _denoising, _options, Hash, EncoderHash) = (network, text, tokenizer, new CentroidDenoising(schedule, sampler, options), options, hash, encoderHash);

    /// <inheritdoc />
    public string Name => "stable-diffusion";

    /// <inheritdoc />
    public string Hash { get; }

    /// <inheritdoc />
    public string EncoderHash { get; }

    /// <summary>Opens a folder in diffusers' layout.</summary>
    /// <exception cref="BadInputException">A part is missing, damaged or not supported; it is named.</exception>
    public static StableDiffusionPrior Load(DiffusersFolder folder, SynthesisOptions options)
    {
        var tokenizer = ClipTokenizer.Load(folder.Part("tokenizer"));
        var text = folder.LoadInto("text_encoder", new ClipText(ClipTextShape.Of(folder.Config("text_encoder"))), ClipText.Keys);
        var network = folder.LoadInto("unet", new UNet(UNetShape.Of(folder.Config("unet"))));
        if (network.Shape.Context != text.Shape.Hidden)
            throw new BadInputException($"'{folder.Path}': the text encoder gives {text.Shape.Hidden} numbers a token, the UNet takes {network.Shape.Context}. Copy the model again.");
        var hash = Hashes.OfHashes(folder.Hash("unet"), folder.Hash("text_encoder"));
        var (schedule, prediction) = folder.Diffusion();
        return new StableDiffusionPrior(network, text, tokenizer, schedule, new DdimSampler(prediction), options, hash, folder.Hash("vae"));
    }

    /// <inheritdoc />
    public float[] Refine(ReadOnlySpan<float> centroids, LatentShape shape, ClassLabel label, SeedSequence seeds, CancellationToken cancel = default)
    {
        if (shape.Channels != _network.Shape.Channels)
            throw new BadInputException($"the prior works on latents of {_network.Shape.Channels} channels, the codebook has {shape}. Use the prior that belongs to this encoder.");
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var (named, negative) = (Embed(_options.Prompt.Replace("{}", label.Name, StringComparison.Ordinal)), Embed(_options.NegativePrompt));
        return _denoising.Run(centroids, shape, label, seeds, Math.Max(1, CellsAtOnce / (shape.Height * shape.Width)), count => Guided(count, named, negative, cancel));
    }

    private Denoiser Guided(int count, Tensor named, Tensor negative, CancellationToken cancel)
    {
        var context = cat([named.expand(count, -1, -1), negative.expand(count, -1, -1)]);
        return (x, t) =>
        {
            cancel.ThrowIfCancellationRequested();
            return Guidance.Combine(_network.call(cat([x, x]), full([1], t, ScalarType.Int64), context), _options.GuidanceScale);
        };
    }

    // 1 x T x E
    private Tensor Embed(string prompt)
    {
        using var ids = tensor(_tokenizer.EncodePadded(prompt, _text.Shape.Length)).unsqueeze(0);
        return _text.call(ids);
    }
}

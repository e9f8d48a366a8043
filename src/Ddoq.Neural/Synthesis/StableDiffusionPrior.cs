using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Diffusion;
using Ddoq.Neural.Networks.Clip;
using Ddoq.Neural.Networks.StableDiffusion;
using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Synthesis;

/// <summary>Puts a centroid at <see cref="SynthesisOptions.Level"/> and denoises it under its class's name with Stable Diffusion.</summary>
public sealed class StableDiffusionPrior : IPrior
{
    // Points denoised together: four of 512-pixel images.
    private const int CellsAtOnce = 4 * 64 * 64;

    private readonly UNet _network;
    private readonly ClipText _text;
    private readonly ClipTokenizer _tokenizer;
    private readonly CentroidDenoising _denoising;
    private readonly SynthesisOptions _options;

    private StableDiffusionPrior(UNet network, ClipText text, ClipTokenizer tokenizer, DiffusersScheduler scheduler, SynthesisOptions options, string hash, string encoderHash)
    {
        (_network, _text, _tokenizer, _denoising, _options, Hash, EncoderHash) = (network, text, tokenizer, new CentroidDenoising(scheduler, options), options, hash, encoderHash);
        network.to(options.Precision);
    }

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
        return new StableDiffusionPrior(network, text, tokenizer, folder.Scheduler(options.Sampler), options, hash, folder.Hash("vae"));
    }

    /// <inheritdoc />
    public string SpaceHash => _denoising.Space.Length == 0 ? "" : LatentInversion.SpaceHash(EncoderHash, Hash, $"{_denoising.Space} {_options.Prompt}");

    /// <inheritdoc />
    public float[] Refine(ReadOnlySpan<float> centroids, LatentShape shape, ClassLabel label, SeedSequence seeds, CancellationToken cancel = default)
    {
        RequireShape(shape);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var (named, negative) = (EmbedClass(label), Embed(_options.NegativePrompt));
        return _denoising.Run(centroids, shape, label, seeds, Batch(shape), count => Guided(count, named, negative, cancel));
    }

    /// <inheritdoc />
    public float[] Invert(ReadOnlySpan<float> latents, LatentShape shape, ClassLabel label, CancellationToken cancel = default)
    {
        RequireShape(shape);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var named = EmbedClass(label);
        return _denoising.Invert(latents, shape, Batch(shape), count =>
        {
            var context = named.expand(count, -1, -1);
            return (x, t) => Predict(x, t, context, cancel);
        });
    }

    private static int Batch(LatentShape shape) => Math.Max(1, CellsAtOnce / (shape.Height * shape.Width));

    private void RequireShape(LatentShape shape)
    {
        if (shape.Channels != _network.Shape.Channels)
            throw new BadInputException($"the prior works on latents of {_network.Shape.Channels} channels, the codebook has {shape}. Use the prior that belongs to this encoder.");
    }

    private Denoiser Guided(int count, Tensor named, Tensor negative, CancellationToken cancel)
    {
        var context = cat([named.expand(count, -1, -1), negative.expand(count, -1, -1)]);
        return (x, t) => Guidance.Combine(Predict(cat([x, x]), t, context, cancel), _options.GuidanceScale, _options.GuidedChannels);
    }

    private Tensor Predict(Tensor x, int t, Tensor context, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return _network.call(x.to(_options.Precision), TensorArithmetic.Repeated(t, 1), context).@float();
    }

    private Tensor EmbedClass(ClassLabel label) => Embed(_options.Prompt.Replace("{}", label.Name, StringComparison.Ordinal));

    // 1 x T x E
    private Tensor Embed(string prompt)
    {
        using var ids = tensor(_tokenizer.EncodePadded(prompt, _text.Shape.Length)).unsqueeze(0);
        return _text.call(ids).to(_options.Precision);
    }
}

using System.CommandLine;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Models;
using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Synthesis;
using Ddoq.Quantization;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary>What <c>plan</c> is given: a latent store, a matrix, or a data set, which is encoded into a store that goes when the plan is made.</summary>
internal sealed class PlanInput
{
    private const string Auto = "auto";

    private readonly Argument<string> _data = ArgumentOf.Text("DATA_OR_LATENTS", "a latent store, a matrix N x D in .npy or .safetensors, or a data set, which is encoded first");
    private readonly Option<string> _labels = OptionOf.Text("--labels", "FILE.npy", "class of each row of a matrix; without it there is one class");
    private readonly Option<string> _weights = OptionOf.Text("--sample-weights", "FILE.npy", "mass of each row of a matrix; without it all are equal");
    private readonly Option<string> _prior = OptionOf.Text("--prior", "P", "whose encoder, for a data set: as with encode, or auto (the bundled model of that name, otherwise pca)", Auto);
    private readonly Option<string> _vae = OptionOf.Text("--vae", "V", "another encoder: the folder of a VAE, or a bundled name");
    private readonly DatasetFraming _framing = new();

    public void AddTo(Command verb)
    {
        verb.Add(_data);
        verb.Add(_labels);
        verb.Add(_weights);
        verb.Add(_prior);
        verb.Add(_vae);
        _framing.AddTo(verb);
    }

    /// <summary>Opens the samples and hands them to <paramref name="work"/>, with the name of the encoder, which is empty for a matrix.</summary>
    /// <exception cref="UsageException">Labels were given for something that has its own, or an encoder for latents.</exception>
    /// <exception cref="BadInputException">Nothing of that name, or damaged.</exception>
    public Outcome With(CommandContext context, Func<IClassSamples, string, Outcome> work)
    {
        var path = context.Value(_data);
        if (!IsMatrix(path) && !LatentStore.Exists(path)) return WithDataset(path, context, work);
        if (OfDataset(context) is { } option) throw new UsageException($"{option} belongs to a data set; '{path}' is encoded already. Leave it out.");
        using var source = QuantizerInput.Open(path, context.Value(_labels), context.Value(_weights));
        return work(source.Samples, source.Encoder);
    }

    private static bool IsMatrix(string path) => Path.GetExtension(path).ToLowerInvariant() is ".npy" or ".safetensors" && !Directory.Exists(path);

    private string? OfDataset(CommandContext context) => new Option[] { _prior, _vae }.Where(context.IsGiven).Select(o => o.Name).Concat(_framing.Words(context)).FirstOrDefault();

    // The store gets the name of something unfinished, under which an interruption that has to be forced removes it.
    private Outcome WithDataset(string path, CommandContext context, Func<IClassSamples, string, Outcome> work)
    {
        if (context.IsGiven(_labels)) throw new UsageException($"{_labels.Name} belongs to a plain matrix; a data set has its own classes. Leave it out.");
        if (context.IsGiven(_weights)) throw new UsageException($"{_weights.Name} belongs to a plain matrix; the images of a data set have equal masses. Leave it out.");
        Networks.Start(context);
        var dataset = _framing.Open(path, context);
        var codec = Codec(dataset, context);
        var place = Path.Combine(Path.GetTempPath(), $"ddoq-plan-{Path.GetRandomFileName()}");
        context.Protect(place);
        using var folder = StagedOutput.Folder(place);
        var store = DatasetEncoding.Encode(dataset, codec, Path.Combine(folder.Path, "latents"), progress: context.Progress, cancel: context.Cancellation);
        using var source = QuantizerInput.Open(store.Path, null);
        return work(source.Samples, codec.Name);
    }

    private ILatentCodec Codec(IImageDataset dataset, CommandContext context)
    {
        var (prior, vae) = (context.Value(_prior)!, context.Value(_vae));
        if (prior == Auto) prior = vae is not null ? PriorChoice.None : Bundled(dataset) is { } bundled ? bundled : PriorChoice.Pca;
        return PriorChoice.Resolve(prior, vae, new SynthesisOptions(), dataset, progress: context.Progress, cancel: context.Cancellation).Codec;
    }

    // The model of that name, if it takes images of that shape: --image-size may have changed them.
    private static string? Bundled(IImageDataset dataset)
    {
        var (name, bundled) = (dataset.Name.Split(':')[0], BundledModels.BesideTheProgram);
        return bundled.Has(name) && CodecChoice.Resolve(name, bundled).Image == dataset.Shape ? name : null;
    }
}

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Inputs;
using Ddoq.Cli.Models;
using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Synthesis;

namespace Ddoq.Cli.Commands;

/// <summary><c>ddoq encode DATA --prior P --out DIR</c>.</summary>
internal sealed class EncodeCommand : Verb
{
    private readonly Argument<string> _data = DatasetArgument.Create();
    private readonly Option<string> _prior = OptionOf.Text("--prior", "P", "whose encoder: a bundled name, none (a VAE alone), pca (fitted on the data), or a folder", BundledModels.Default);
    private readonly Option<string> _vae = OptionOf.Text("--vae", "V", "another encoder: the folder of a VAE, or a bundled name");
    private readonly Option<string> _precision = OptionOf.Choice("--precision", "numbers on disk", "float16", "float16", "float32");
    private readonly DatasetFraming _framing = new();
    private readonly OutputOptions _output = new(resumable: true);

    public EncodeCommand() : base("encode", "turn the images of a data set into a latent store",
        "encode fashion-mnist --prior fashion-mnist --out out/latents", "encode fashion-mnist:test --prior pca --out out/test-latents --precision float32")
    {
        Add(_data);
        Add(_prior);
        Add(_vae);
        Add(_precision);
        _framing.AddTo(this);
        _output.AddTo(this);
    }

    public override Outcome Run(CommandContext context)
    {
        var output = context.Output(_output);
        output.RequireFreeWork();
        Networks.Start(context);
        var dataset = _framing.Open(context.Value(_data), context);
        var codec = PriorChoice.Resolve(Prior(output, context), context.Value(_vae), new SynthesisOptions(), dataset, progress: context.Progress, cancel: context.Cancellation).Codec;
        var precision = context.Value(_precision) == "float32" ? LatentPrecision.Float32 : LatentPrecision.Float16;
        var description = DatasetEncoding.Describe(dataset, codec, precision);
        var clock = Stopwatch.StartNew();
        if (output.Resume && Directory.Exists(output.Path)) return Result(Finished(output, description, context.Screen), 0, 0, output.Path);
        var encoded = Encode(dataset, codec, description, output, context);
        if (codec is PcaCodec) context.Screen.Say($"the fitted basis is in '{Path.Combine(output.Path, PriorChoice.Pca)}': pass --prior '{output.Path}' to synthesize");
        return Result(LatentStore.Open(output.Path), encoded, clock.Elapsed.TotalSeconds, output.Path);
    }

    // A basis that an earlier run fitted is taken again, so that all latents of a store are of one encoder.
    private string Prior(OutputRequest output, CommandContext context)
    {
        var prior = context.Value(_prior)!;
        if (prior != PriorChoice.Pca || !output.Resume) return prior;
        var bases = new[] { output.Path, LatentStoreWriter.UnfinishedFolder(output.Path) }.Select(store => Path.Combine(store, PriorChoice.Pca));
        return bases.FirstOrDefault(Directory.Exists) ?? prior;
    }

    // Returns how many images this run encoded.
    private static long Encode(IImageDataset dataset, ILatentCodec codec, LatentStoreDescription description, OutputRequest output, CommandContext context)
    {
        using var writer = LatentStoreWriter.Continue(output.Path, description, output.Replace);
        var earlier = Enumerable.Range(0, description.ClassNames.Count).Sum(writer.CountOf);
        if (earlier > 0) context.Screen.Say(string.Create(CultureInfo.InvariantCulture, $"{earlier:N0} of {dataset.Count:N0} images were encoded before; going on from there"));
        try
        {
            if (codec is PcaCodec basis) Keep(basis, writer.Folder);
            DatasetEncoding.Append(dataset, codec, writer, context.Progress, context.Cancellation);
            writer.Finish();
        }
        catch (BadInputException)
        {
            writer.Discard(); // the same would come again
            throw;
        }
        catch (Exception) when (Enumerable.Range(0, description.ClassNames.Count).Any(c => writer.CountOf(c) > 0))
        {
            context.Screen.Say($"what is encoded is kept in '{output.Work}'; the same command with --resume goes on from there");
            throw;
        }
        return dataset.Count - earlier;
    }

    // Store and basis appear together: without its basis nothing could decode the store.
    private static void Keep(PcaCodec basis, string store)
    {
        var path = Path.Combine(store, PriorChoice.Pca);
        if (Directory.Exists(path)) return;
        using var staged = StagedOutput.Folder(path);
        basis.Save(staged.Path);
        staged.Commit();
    }

    private static LatentStore Finished(OutputRequest output, LatentStoreDescription description, Screen screen)
    {
        var store = LatentStore.Open(output.Path);
        if (store.Description.DifferenceFrom(description) is { } difference)
            throw new UsageException($"'{output.Path}' is finished, but it is another store: {difference}. Give the same options and data, or pass --force to make it anew.");
        if (Directory.Exists(output.Work)) Directory.Delete(output.Work, recursive: true); // a run was killed after its store stood
        screen.Say($"'{output.Path}' is finished already: there is nothing to continue");
        return store;
    }

    private static Outcome Result(LatentStore store, long encoded, double seconds, string path)
    {
        var json = new JsonObject
        {
            ["samples"] = store.Count,
            ["dimension"] = store.Shape.Dimension,
            ["classes"] = store.ClassCount,
            ["seconds"] = seconds,
            ["images_per_second"] = seconds > 0 ? encoded / seconds : 0,
            ["out"] = path,
            ["latent_shape"] = $"{store.Shape}",
            ["encoder"] = store.Description.Encoder,
            ["encoder_sha256"] = store.Description.EncoderSha256,
        };
        return Outcome.OfFacts(json,
            ("latents", string.Create(CultureInfo.InvariantCulture, $"{store.Count:N0} of shape {store.Shape} in {store.ClassCount} classes")),
            ("encoder", store.Description.Encoder),
            ("time", string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s for {encoded:N0} images")),
            ("out", path));
    }
}

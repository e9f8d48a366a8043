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
    private readonly OutputOptions _output = new();

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
        Networks.Start(context);
        var dataset = _framing.Open(context.Value(_data), context);
        var choice = PriorChoice.Resolve(context.Value(_prior)!, context.Value(_vae), new SynthesisOptions(), dataset, progress: context.Progress, cancel: context.Cancellation);
        var clock = Stopwatch.StartNew();
        var store = Encode(dataset, choice.Codec, output, context);
        return Result(store, clock.Elapsed.TotalSeconds, output.Path);
    }

    private LatentStore Encode(IImageDataset dataset, ILatentCodec codec, OutputRequest output, CommandContext context)
    {
        var precision = context.Value(_precision) == "float32" ? LatentPrecision.Float32 : LatentPrecision.Float16;
        LatentStore Into(string path, bool replace) => DatasetEncoding.Encode(dataset, codec, path, precision, replace, context.Progress, context.Cancellation);
        return codec is PcaCodec basis ? WithBasis(basis, output, path => Into(path, replace: false), context.Screen) : Into(output.Path, output.Replace);
    }

    // Store and basis appear together: without its basis nothing could decode the store.
    private static LatentStore WithBasis(PcaCodec basis, OutputRequest output, Func<string, LatentStore> encode, Screen screen)
    {
        using (var staged = StagedOutput.Folder(output.Path, output.Replace))
        {
            var store = encode(Path.Combine(staged.Path, "store")).Path;
            foreach (var file in Directory.GetFiles(store)) File.Move(file, Path.Combine(staged.Path, Path.GetFileName(file)));
            Directory.Delete(store);
            basis.Save(Directory.CreateDirectory(Path.Combine(staged.Path, PriorChoice.Pca)).FullName);
            staged.Commit();
        }
        screen.Say($"the fitted basis is in '{Path.Combine(output.Path, PriorChoice.Pca)}': pass --prior '{output.Path}' to synthesize");
        return LatentStore.Open(output.Path);
    }

    private static Outcome Result(LatentStore store, double seconds, string path)
    {
        var json = new JsonObject
        {
            ["samples"] = store.Count,
            ["dimension"] = store.Shape.Dimension,
            ["classes"] = store.ClassCount,
            ["seconds"] = seconds,
            ["images_per_second"] = store.Count / seconds,
            ["out"] = path,
            ["latent_shape"] = $"{store.Shape}",
            ["encoder"] = store.Description.Encoder,
            ["encoder_sha256"] = store.Description.EncoderSha256,
        };
        return Outcome.OfFacts(json,
            ("latents", string.Create(CultureInfo.InvariantCulture, $"{store.Count:N0} of shape {store.Shape} in {store.ClassCount} classes")),
            ("encoder", store.Description.Encoder),
            ("time", string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s, {store.Count / seconds:N0} images a second")),
            ("out", path));
    }
}

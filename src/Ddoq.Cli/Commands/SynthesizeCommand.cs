using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Inputs;
using Ddoq.Cli.Models;
using Ddoq.Cli.Pipeline;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Synthesis;
using Ddoq.Quantization;

namespace Ddoq.Cli.Commands;

/// <summary><c>ddoq synthesize CODEBOOK --prior P --out DIR</c>.</summary>
internal sealed class SynthesizeCommand : Verb
{
    private readonly Argument<string> _codebook = ArgumentOf.Text("CODEBOOK", "the file that quantize wrote");
    private readonly SynthesisInput _synthesis = new();
    private readonly Option<string> _weights = OptionOf.Choice("--weights", "rule of the stored weights; students may use another", "square-root", WeightRuleNames.MeanOne);
    private readonly Option<string> _data = OptionOf.Text("--data", "DATA", "the data set that was encoded: its pixel statistics go into the set (without it, those of the images made)");
    private readonly DatasetFraming _framing = new();
    private readonly Licences _licence = new();
    private readonly OutputOptions _output = new();

    public SynthesizeCommand() : base("synthesize", "turn the points of a codebook into images: a distilled set without soft labels",
        "synthesize out/codebook.safetensors --prior fashion-mnist --out out/set", "synthesize out/codebook.safetensors --prior none --data fashion-mnist --out out/decoded")
    {
        Add(_codebook);
        _synthesis.AddTo(this);
        Add(_weights);
        Add(_data);
        _framing.AddTo(this);
        _licence.AddTo(this);
        _output.AddTo(this);
    }

    public override Outcome Run(CommandContext context)
    {
        var (output, path) = (context.Output(_output), context.Value(_codebook));
        var codebook = Codebook.Load(path);
        SetOrigins.RequireAllClasses(codebook, path);
        Networks.Start(context);
        var source = Source(codebook, context);
        var choice = _synthesis.Resolve(context);
        choice.RequireKnows([.. codebook.Classes.Select(c => c.Name)]);
        var clock = Stopwatch.StartNew();
        var pixels = CodebookSynthesis.Synthesize(codebook, choice.Codec, choice.Prior, context.Seed, context.Progress, context.Cancellation);
        var set = Assemble(codebook, choice, pixels, source, context);
        set.Save(output.Path, output.Replace);
        return Result(set, clock.Elapsed.TotalSeconds, output.Path);
    }

    private IImageDataset? Source(Codebook codebook, CommandContext context)
    {
        if (context.Value(_data) is not { } spec) return null;
        var source = _framing.Open(spec, context);
        if (codebook.DatasetFingerprint.Length > 0 && source.Fingerprint != codebook.DatasetFingerprint)
            throw new BadInputException($"--data '{spec}' is not the data set that was encoded: the codebook was made from '{codebook.Dataset}' with fingerprint {codebook.DatasetFingerprint}, this one has {source.Fingerprint}. Name the same data with the same --image-size and --channels.");
        return source;
    }

    private DistilledSet Assemble(Codebook codebook, PriorChoice choice, byte[] pixels, IImageDataset? source, CommandContext context)
    {
        var shape = choice.Codec.Image;
        var rule = WeightRuleNames.Parse(context.Value(_weights)!);
        var made = new InMemoryDataset("images", ["all"], shape, pixels, new int[pixels.Length / shape.Size]);
        var provenance = new Provenance
        {
            Method = "ddoq",
            ToolVersion = ToolVersion.Current,
            ImagesPerClass = codebook.Classes.Max(c => c.Count),
            WeightRule = WeightRuleNames.Of(rule),
            Source = new SourceDataset(codebook.Dataset.Length > 0 ? codebook.Dataset : "unknown", codebook.DatasetFingerprint, _licence.Read(context, codebook.Dataset)),
            Normalisation = SetOrigins.NormalisationOf(source ?? made),
            Seeds = new SortedDictionary<string, ulong>(StringComparer.Ordinal) { ["root"] = context.Seed.Root },
            Models = SetOrigins.Models(choice),
            Options = DescribeOptions(codebook, source, context),
        };
        return SetAssembly.OfCodebook("ddoq", pixels, codebook, rule, rows: null, provenance, shape);
    }

    private SortedDictionary<string, string> DescribeOptions(Codebook codebook, IImageDataset? source, CommandContext context)
    {
        var options = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["algorithm"] = codebook.Algorithm,
            ["normalisation"] = source is null ? "statistics of the images made" : "statistics of the source",
        };
        foreach (var (name, value) in _synthesis.Read(context).Describe()) options[name] = value;
        return options;
    }

    private static Outcome Result(DistilledSet set, double seconds, string path)
    {
        var json = new JsonObject
        {
            ["images"] = set.Count,
            ["seconds"] = seconds,
            ["classes"] = set.ClassNames.Count,
            ["ipc"] = set.Provenance.ImagesPerClass,
            ["out"] = path,
        };
        return Outcome.OfFacts(json,
            ("images", $"{set.Count} of {set.Shape} in {set.ClassNames.Count} classes"),
            ("weights", set.Provenance.WeightRule),
            ("time", string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s")),
            ("out", path));
    }
}

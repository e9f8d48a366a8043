using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Inputs;
using Ddoq.Cli.Models;
using Ddoq.Cli.Pipeline;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Labelling;
using Ddoq.Neural.Synthesis;
using Ddoq.Quantization;

namespace Ddoq.Cli.Commands;

/// <summary><c>ddoq distill DATA --ipc N --out DIR</c>: a data set to a distilled set, through every stage.</summary>
internal sealed class DistillCommand : Verb
{
    private readonly Argument<string> _data = new("DATA") { Description = $"{string.Join("; ", DatasetResolver.Accepted)}" };
    private readonly OutputOptions _output = new("DIR", resumable: true);
    private readonly Option<int> _ipc = OptionOf.Whole("--ipc", "N", "images per class", 1, 1_000_000);
    private readonly Option<string> _method = OptionOf.Choice("--method", "what makes the images", "ddoq", DistillationMethods.Names);
    private readonly SynthesisInput _synthesis = new(inverts: true);
    private readonly VariantInput _variants = new();
    private readonly TeacherInput _teacher = new();
    private readonly Option<string> _weights = OptionOf.Choice("--weights", "rule of the stored weights, mean one within a class", "square-root", WeightRuleNames.MeanOne);
    private readonly Option<string> _algorithm = OptionOf.Choice("--algorithm", "quantizer; without it, the method's: minibatch for d4m, balanced for balanced", "lloyd", "lloyd", "clvq", "minibatch", "balanced");
    private readonly Option<string> _latents = OptionOf.Choice("--latents", "mean of the encoder's posterior, or a draw from it (Stable Diffusion and DiT folders)", "mean", "mean", "sample");
    private readonly Option<int> _views = OptionOf.Whole("--views", "N", "augmented views labelled per image", 1, 100_000, new LabelOptions().Views);
    private readonly Option<bool> _allowFewer = OptionOf.Flag("--allow-fewer", "let a class with fewer images than N keep what it has");
    private readonly Option<int> _imageSize = OptionOf.Whole("--image-size", "N", "resize images to N x N while reading; 0 keeps them", 0, 4096, 0);

    public DistillCommand() : base("distill", "distil a data set into a few weighted, labelled images per class",
        "distill fashion-mnist --ipc 10 --out out/fmnist-10", "distill fashion-mnist --ipc 10 --method d4m --prior none --out out/fmnist-d4m --resume")
    {
        Add(_data);
        _output.AddTo(this);
        foreach (Option option in (Option[])[_ipc, _method, _weights, _algorithm, _latents, _views, _allowFewer, _imageSize]) Add(option);
        _teacher.AddTo(this);
        _synthesis.AddTo(this);
        _variants.AddTo(this);
    }

    public override Outcome Run(CommandContext context)
    {
        var output = context.Output(_output);
        var work = output.Work;
        output.RequireFreeWork();
        Networks.Start(context);
        var size = context.Value(_imageSize);
        var dataset = DatasetResolver.Open(context.Value(_data), new DatasetOptions { ImageSize = size > 0 ? size : null }, context.Progress, context.Cancellation);
        var recipe = Recipe(context);
        var prior = _synthesis.Resolve(context, dataset, recipe.DrawnLatents ? context.Seed : null, recipe.Synthesis);
        if (DistillationMethods.Named(recipe.Method).UsesPrior) prior.RequireKnows(dataset.ClassNames);
        if (recipe.Synthesis.Start == StartPoint.Inverted) LatentInversion.RequireFlow(prior.Prior);
        var teacher = _teacher.Resolve(context);
        teacher.RequireFits(dataset);
        var run = new Distillation(new RunFolder(work), dataset, prior, teacher, recipe, context.Seed, Licences.Of(dataset.Name), context.Threads, context.Progress, context.Cancellation);

        var codebook = run.Codebook();
        var set = run.Set(recipe.Method);
        set.Save(output.Path, output.Replace || output.Resume);
        Directory.Delete(work, recursive: true);
        return Outcome.OfFacts(Document(output.Path, set, recipe, codebook, Seconds(run.Folder.Ledger)),
            ("set", output.Path), ("images", $"{set.Count} of {dataset.Count}, {set.ClassNames.Count} classes"),
            ("distortion", codebook.Distortion.ToString("G5", CultureInfo.InvariantCulture)), ("W2", codebook.W2.ToString("G5", CultureInfo.InvariantCulture)));
    }

    // The method's own choices, with what was given instead.
    private DistillationRecipe Recipe(CommandContext context)
    {
        var method = DistillationMethods.Named(Chosen(context, _method, ofD4m: "d4m"));
        var wish = new DistillationRecipe
        {
            Method = method.Name,
            Quantizer = new QuantizerOptions { ImagesPerClass = context.Value(_ipc), AllowFewer = context.Value(_allowFewer) },
            DrawnLatents = Chosen(context, _latents, ofD4m: "sample") == "sample",
            Labels = new LabelOptions { Views = context.Value(_views) },
            Weights = WeightRuleNames.Parse(context.Value(_weights)!),
        };
        var recipe = _variants.Apply(method.Adjust(wish), context);
        return (recipe with
        {
            Synthesis = _synthesis.Read(context, recipe.Synthesis),
            Weights = context.IsGiven(_weights) ? wish.Weights : recipe.Weights,
            Quantizer = recipe.Quantizer with { Algorithm = Algorithm(context) ?? recipe.Quantizer.Algorithm },
        }).Checked();
    }

    // Mini-batch as D4M's code has it, but without its defects: no sample is dropped or put aside, and counts stay those of the cells.
    private QuantizerAlgorithm? Algorithm(CommandContext context) => (context.IsGiven(_algorithm), Chosen(context, _algorithm, ofD4m: "minibatch")) switch
    {
        (false, "lloyd") => null,
        (_, "clvq") => QuantizerAlgorithm.Clvq,
        (_, "minibatch") => QuantizerAlgorithm.MiniBatch,
        (_, "balanced") => QuantizerAlgorithm.Balanced,
        _ => QuantizerAlgorithm.Lloyd,
    };

    // The recipe of D4M sets more than how points pass the prior; what is given counts instead.
    private string Chosen(CommandContext context, Option<string> option, string ofD4m) => !context.IsGiven(option) && _synthesis.Preset(context) == "d4m" ? ofD4m : context.Value(option)!;

    // Stages by the names that they have in every run.
    private static SortedDictionary<string, double> Seconds(StageLedger ledger) => new(ledger.Costs.ToDictionary(s => s.Key.StartsWith("quantize-", StringComparison.Ordinal) ? "quantize" : s.Key, s => s.Value.Seconds), StringComparer.Ordinal);

    private static JsonObject Document(string path, DistilledSet set, DistillationRecipe recipe, Codebook codebook, IReadOnlyDictionary<string, double> seconds) => new()
    {
        ["out"] = path,
        ["images"] = set.Count,
        ["classes"] = set.ClassNames.Count,
        ["ipc"] = recipe.ImagesPerClass,
        ["seconds"] = new JsonObject(seconds.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)Math.Round(s.Value, 3)))),
        ["distortion"] = codebook.Distortion,
        ["w2"] = codebook.W2,
    };
}

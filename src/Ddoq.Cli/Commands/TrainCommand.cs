using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Ddoq.Cli.Pipeline;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Inputs;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Evaluation;
using Ddoq.Neural.Networks.Classifiers;
using Ddoq.Quantization;
using Spectre.Console;

namespace Ddoq.Cli.Commands;

/// <summary><c>ddoq train SET --test DATA --protocol P</c>.</summary>
internal sealed class TrainCommand : Verb
{
    private const string OfTheSet = "set";
    private static readonly string[] ConvNets = ["convnet3", "convnet4", "convnet5", "convnet6"];

    private readonly Argument<string> _set = ArgumentOf.Text("SET", "a distilled set");
    private readonly Option<string> _test = OptionOf.Text("--test", "DATA", "real images that students are scored on, for instance fashion-mnist:test");
    private readonly Option<string> _student = OptionOf.Choice("--student", "network of the students", "convnet3", [.. ConvNets, .. Classifiers.Names]);
    private readonly Option<int> _width = OptionOf.Whole("--width", "N", "filters per layer; without it, the protocol's", 1, 4096);
    private readonly Option<string> _protocol = OptionOf.Choice("--protocol", "recipe: hard labels of the DC protocol, or soft or hard labels on augmented views", "soft", [.. StudentProtocol.Presets.Select(p => p.Name)]);
    private readonly Option<int> _seeds = OptionOf.Whole("--seeds", "N", "students that differ in their seed only", 1, 10_000, 3);
    private readonly Option<string> _weights = OptionOf.Choice("--weights", "how cell counts become factors of the loss; set takes the set's own rule", OfTheSet, [OfTheSet, .. WeightRuleNames.All]);
    private readonly Option<int> _epochs = OptionOf.Whole("--epochs", "N", "passes over the set; without it, the protocol's", 1, 1_000_000);
    private readonly DatasetFraming _framing = new();

    public TrainCommand() : base("train", "train students on a distilled set and score them on real images",
        "train out/set --test fashion-mnist:test --protocol soft", "train out/set --test fashion-mnist:test --student convnet3 --protocol dc --seeds 5 --weights equal --json")
    {
        _test.Required = true;
        (_width.Required, _epochs.Required) = (false, false);
        Add(_set);
        foreach (var option in new Option[] { _test, _student, _width, _protocol, _seeds, _weights, _epochs }) Add(option);
        _framing.AddTo(this);
    }

    public override Outcome Run(CommandContext context)
    {
        var set = DistilledSet.Load(context.Value(_set));
        var protocol = Protocol(set, context);
        if (protocol.Classifier is null) ConvNetRoom.Require(set.Shape, protocol.Depth);
        Networks.Start(context);
        var test = Test(set, context);
        var clock = Stopwatch.StartNew();
        var report = StudentTraining.Evaluate(set, test, protocol, context.Value(_seeds), context.Seed, context.Progress, context.Cancellation);
        context.Screen.Say("note: 'best' is the best evaluation of each student, chosen on the test set itself: it flatters. 'last' is after the last epoch.");
        return Result(report, test, clock.Elapsed.TotalSeconds);
    }

    private StudentProtocol Protocol(DistilledSet set, CommandContext context)
    {
        var preset = StudentProtocol.Named(context.Value(_protocol)!);
        var changed = preset with
        {
            Weights = WeightRuleNames.Parse(context.Value(_weights) is var rule && rule == OfTheSet ? set.Provenance.WeightRule : rule!),
            Classifier = ConvNets.Contains(context.Value(_student)) ? null : context.Value(_student),
            Depth = ConvNets.Contains(context.Value(_student)) ? context.Value(_student)![^1] - '0' : preset.Depth,
            Width = context.IsGiven(_width) ? context.Value(_width) : preset.Width,
            Epochs = context.IsGiven(_epochs) ? context.Value(_epochs) : preset.Epochs,
        };
        if (changed.Classifier is { } name && context.IsGiven(_width)) throw new UsageException($"--width belongs to a ConvNet; '{name}' has one width. Leave it out.");
        changed = changed with { Evaluations = Math.Min(changed.Evaluations, changed.Epochs) };
        if (changed.Labels == LabelKind.Soft && set.SoftLabels is null)
            throw new BadInputException($"protocol '{preset.Name}' trains on soft labels, but this set has none. Make them with 'ddoq label SET --teacher T', or take --protocol hard.");
        return context.IsGiven(_width) || context.IsGiven(_epochs) ? changed with { Name = preset.Name + "+" } : changed;
    }

    private IImageDataset Test(DistilledSet set, CommandContext context)
    {
        var test = ClassMatching.Align(set.ClassNames, _framing.Open(context.Value(_test)!, context));
        ClassMatching.RequireShape(set.Shape, test);
        return test;
    }

    private static Outcome Result(EvaluationReport report, IImageDataset test, double seconds)
    {
        var json = new JsonObject
        {
            ["student"] = report.Student,
            ["protocol"] = report.Protocol.Name,
            ["last"] = Json(report.Last),
            ["best"] = Json(report.Best),
            ["seeds"] = new JsonArray([.. report.Students.Select(s => (JsonNode)Json(s))]),
            ["seconds"] = seconds,
            ["weights"] = WeightRuleNames.Of(report.Protocol.Weights!.Value),
            ["labels"] = report.Protocol.Labels == LabelKind.Soft ? "soft" : "hard",
            ["epochs"] = report.Protocol.Epochs,
            ["test_images"] = test.Count,
        };
        return new Outcome(json, new Rows(Outcome.Facts(Facts(report, test, seconds)), Table(report)));
    }

    private static IEnumerable<(string, string)> Facts(EvaluationReport report, IImageDataset test, double seconds) =>
    [
        ("student", $"{report.Student}, protocol {report.Protocol.Name}, {report.Protocol.Epochs} epochs"),
        ("weights", WeightRuleNames.Of(report.Protocol.Weights!.Value)),
        ("scored on", string.Create(CultureInfo.InvariantCulture, $"{test.Count:N0} images of {test.Name}")),
        ("time", string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s")),
    ];

    private static Spectre.Console.Rendering.IRenderable Table(EvaluationReport report) => Outcome.Table(["seed", "last #", "best #", "at epoch #"],
    [
        .. report.Students.Select(s => new[] { $"{s.Seed}", Percent(s.Last), Percent(s.Best), $"{s.BestEpoch}" }),
        ["mean", Percent(report.Last.Mean), Percent(report.Best.Mean), ""],
        ["std", Percent(report.Last.Std), Percent(report.Best.Std), ""],
        ["95 % interval, half width", Percent(report.Last.Ci95), Percent(report.Best.Ci95), ""],
    ]);

    private static JsonObject Json(Spread spread) => new() { ["mean"] = spread.Mean, ["std"] = spread.Std, ["ci95"] = spread.Ci95 };

    private static JsonObject Json(StudentScore score) => new()
    {
        ["seed"] = score.Seed,
        ["last"] = score.Last,
        ["best"] = score.Best,
        ["best_epoch"] = score.BestEpoch,
        ["seconds"] = score.Seconds,
    };

    private static string Percent(double fraction) => string.Create(CultureInfo.InvariantCulture, $"{100 * fraction:0.00} %");
}

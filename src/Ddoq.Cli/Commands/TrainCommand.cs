using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Ddoq.Cli.Pipeline;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Inputs;
using Ddoq.Cli.Models;
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

    private readonly Argument<string> _set = ArgumentOf.Text("SET", "a distilled set");
    private readonly Option<string> _test = OptionOf.Text("--test", "DATA", "real images that students are scored on, for instance fashion-mnist:test");
    private readonly Option<string> _student = OptionOf.Text("--student", "NAME", $"network of the students: convnetD or convnetD-wN (D layers of N filters), {string.Join(", ", Classifiers.Names)}; without it, the protocol's");
    private readonly Option<int> _width = OptionOf.Whole("--width", "N", "filters per layer of a ConvNet; without it, the student's or the protocol's", 1, 4096);
    private readonly Option<string> _protocol = OptionOf.Text("--protocol", "P", $"recipe: {string.Join("; ", Protocols.All.Select(p => $"{p.Name}, {p.Description}"))}", "soft");
    private readonly TeacherInput _teacher = new();
    private readonly Option<int> _seeds = OptionOf.Whole("--seeds", "N", "students that differ in their seed only", 1, 10_000, 3);
    private readonly Option<string> _weights = OptionOf.Choice("--weights", "how cell masses become weights; set takes the set's own rule", OfTheSet, [OfTheSet, .. WeightRuleNames.All]);
    private readonly Option<string> _use = OptionOf.Choice("--weights-as", "weights are factors of the loss, or how often an image is drawn", "loss", "loss", "sampling");
    private readonly Option<int> _epochs = OptionOf.Whole("--epochs", "N", "passes over the set; without it, the protocol's", 1, 1_000_000);
    private readonly Option<string> _references = OptionOf.Text("--references", "FOLDER", "also print the scores of DD-Ranking: FOLDER holds random/, a set of as many random real images, and real.json, {\"accuracy\": fraction} of the student on all real images with hard labels");
    private readonly DatasetFraming _framing = new();

    public TrainCommand() : base("train", "train students on a distilled set and score them on real images",
        "train out/set --test fashion-mnist:test --protocol soft", "train out/set --test fashion-mnist:test --student convnet3 --protocol A --seeds 5 --weights equal --json")
    {
        _test.Required = true;
        (_width.Required, _epochs.Required) = (false, false);
        Add(_set);
        foreach (var option in new Option[] { _test, _student, _width, _protocol, _seeds, _weights, _use, _epochs, _references }) Add(option);
        _teacher.AddTo(this);
        _framing.AddTo(this);
    }

    public override Outcome Run(CommandContext context)
    {
        var set = DistilledSet.Load(context.Value(_set));
        var protocol = Protocol(set, context);
        if (protocol.Student.Classifier is null) ConvNetRoom.Require(set.Shape, protocol.Student.Depth);
        Networks.Start(context);
        var teacher = protocol.Labels == LabelKind.Teacher ? _teacher.Resolve(context) : null;
        var test = Test(set, context);
        var clock = Stopwatch.StartNew();
        var report = StudentTraining.Evaluate(set, test, protocol, context.Value(_seeds), context.Seed, context.Progress, teacher, context.Cancellation);
        var ranking = context.Value(_references) is { } folder
            ? new Ranking(test, protocol, context.Value(_seeds), context.Seed, context.Progress, teacher, context.Cancellation).Score(set, report.Last.Mean, RandomIn(folder, set), RealIn(folder))
            : (RankingReport?)null;
        context.Screen.Say("note: 'best' is the best evaluation of each student, chosen on the test set itself: it flatters. 'last' is after the last epoch.");
        return Result(report, ranking, test, clock.Elapsed.TotalSeconds);
    }

    private StudentProtocol Protocol(DistilledSet set, CommandContext context)
    {
        var preset = Protocols.Named(context.Value(_protocol)!, ProtocolScale.Of(set));
        var changed = preset with
        {
            Weights = WeightRuleNames.Parse(context.Value(_weights) is var rule && rule == OfTheSet ? set.Provenance.WeightRule : rule!),
            WeightUse = context.Value(_use) == "sampling" ? WeightUse.Sampling : WeightUse.Loss,
            Epochs = context.IsGiven(_epochs) ? context.Value(_epochs) : preset.Epochs,
        };
        if (context.Value(_student) is { } name) changed = changed.With(Student.Named(name));
        if (context.IsGiven(_width))
        {
            if (changed.Student.Classifier is { } fixedWidth) throw new UsageException($"--width belongs to a ConvNet; '{fixedWidth}' has one width. Leave it out.");
            changed = changed with { Student = changed.Student with { Width = context.Value(_width) } };
        }
        changed = changed with { Evaluations = Math.Min(changed.Evaluations, changed.Epochs) };
        if (changed.Labels == LabelKind.Soft && set.SoftLabels is null)
            throw new BadInputException($"protocol '{preset.Name}' trains on soft labels, but this set has none. Make them with 'ddoq label SET --teacher T', or take --protocol hard.");
        return context.IsGiven(_epochs) ? changed with { Name = preset.Name + "+" } : changed;
    }

    private IImageDataset Test(DistilledSet set, CommandContext context)
    {
        var test = ClassMatching.Align(set.ClassNames, _framing.Open(context.Value(_test)!, context));
        ClassMatching.RequireShape(set.Shape, test);
        return test;
    }

    private static Outcome Result(EvaluationReport report, RankingReport? ranking, IImageDataset test, double seconds)
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
            ["labels"] = report.Protocol.Labels == LabelKind.Hard ? "hard" : "soft",
            ["epochs"] = report.Protocol.Epochs,
            ["test_images"] = test.Count,
        };
        if (ranking is not { } r) return new Outcome(json, new Rows(Outcome.Facts(Facts(report, test, seconds)), Table(report)));
        (json["hlr"], json["ior"], json["lrs"], json["ars"]) = (r.Hlr, r.Ior, r.Lrs, r.Ars);
        return new Outcome(json, new Rows(Outcome.Facts([.. Facts(report, test, seconds), .. Facts(r)]), Table(report)));
    }

    private static DistilledSet RandomIn(string folder, DistilledSet set)
    {
        var random = DistilledSet.Load(Path.Combine(folder, "random"));
        return random.ClassNames.SequenceEqual(set.ClassNames) && random.Shape == set.Shape ? random
            : throw new BadInputException($"'{folder}/random' has the classes [{string.Join(", ", random.ClassNames)}] and images of {random.Shape}, the set [{string.Join(", ", set.ClassNames)}] and {set.Shape}. Make it of the same data with 'ddoq distill --method random'.");
    }

    private static double RealIn(string folder)
    {
        var path = Path.Combine(folder, "real.json");
        try
        {
            return JsonNode.Parse(File.ReadAllText(path))?["accuracy"]?.GetValue<double>() is { } accuracy and >= 0 and <= 1 ? accuracy : throw new System.Text.Json.JsonException("no accuracy in [0, 1]");
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or FileNotFoundException or DirectoryNotFoundException or InvalidOperationException or FormatException)
        {
            throw new BadInputException($"'{path}': {e.Message} Expected {{\"accuracy\": fraction}}, the accuracy of the student on all real images with hard labels.", e);
        }
    }

    private static IEnumerable<(string, string)> Facts(RankingReport r)
    {
        static string Text(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
        return [("hard label recovery (HLR)", Text(r.Hlr)), ("improvement over random (IOR)", Text(r.Ior)), ("label-robust score (LRS)", Text(r.Lrs)), ("augmentation-robust score (ARS)", Text(r.Ars))];
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

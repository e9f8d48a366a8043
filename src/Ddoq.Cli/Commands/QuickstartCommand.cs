using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Inputs;
using Ddoq.Cli.Models;
using Ddoq.Cli.Pipeline;
using Ddoq.Cli.Reporting;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Evaluation;
using Ddoq.Quantization;
using Spectre.Console.Rendering;

namespace Ddoq.Cli.Commands;

/// <summary><c>ddoq quickstart</c>: the main job on Fashion-MNIST, from images to a table and a report.</summary>
internal sealed class QuickstartCommand : Verb
{
    private const string Dataset = "fashion-mnist", Licence = "Fashion-MNIST, MIT licence, Zalando SE";
    private const string Marker = "quickstart.txt";

    private static readonly string[] Methods = ["random", "vae-random", "kmeans-medoid", "d4m", "ddoq", "ddoq-anchored"];

    private readonly Option<string> _out = OptionOf.Text("--out", "DIR", "where the run lies; an earlier quickstart there is continued", "out/quickstart");
    private readonly Option<int> _ipc = OptionOf.Whole("--ipc", "N", "images per class", 1, 1000, 10);
    private readonly Option<int> _seeds = OptionOf.Whole("--seeds", "N", "students per method", 1, 100, 3);
    private readonly Option<string> _protocol = OptionOf.Choice("--protocol", "how students learn", "soft", "soft", "hard", "A");
    private readonly Option<int> _epochs = OptionOf.Whole("--epochs", "N", "passes of a student; 0 for the protocol's own", 0, 1_000_000, 0);

    public QuickstartCommand() : base("quickstart", "distil Fashion-MNIST and show what the images are worth, beside random ones and D4M",
        "quickstart", "quickstart --ipc 1 --seeds 5 --out out/quickstart-ipc1")
    {
        Add(_out);
        Add(_ipc);
        Add(_seeds);
        Add(_protocol);
        Add(_epochs);
    }

    public override Outcome Run(CommandContext context)
    {
        var clock = Stopwatch.StartNew();
        var folder = Path.GetFullPath(context.Value(_out)!);
        RequireOurs(folder);
        Networks.Start(context);
        var (train, test) = (Open(Dataset, context), Open(Dataset + ":test", context));
        var recipe = new DistillationRecipe { Quantizer = new QuantizerOptions { ImagesPerClass = context.Value(_ipc) } };
        var (prior, teacher, place) = (PriorChoice.Resolve(Dataset, null, recipe.Synthesis), TeacherChoice.Resolve(Dataset), new RunFolder(folder));
        Distillation Of(string method) => new(place, train, prior, teacher, DistillationMethods.Named(method).Adjust(recipe with { Method = method }),
            context.Seed, Licence, context.Threads, context.Progress, context.Cancellation);
        Claim(folder);

        var runs = Methods.Select(Of).ToArray();
        var sets = runs.Select(run => (run.Recipe.Method, Set: run.Set(run.Recipe.Method))).ToArray();
        var protocol = Protocol(sets[0].Set, context);
        var processes = new StudentProcesses(new ScoredImages(Dataset + ":test"), context.Seed, context.Threads, context.Progress, context.Cancellation);
        var cells = runs.Zip(sets, (run, made) => Enumerable.Range(0, context.Value(_seeds)).Select(s =>
            new StudentCell($"{made.Method}-{protocol.Name}-{s}", place.SetPath(made.Method), run.SetFingerprint, made.Set.Fingerprint, protocol, s))).SelectMany(of => of).ToArray();
        var students = new Contest(place, test.Fingerprint, (TeacherChoice.FolderOf(Dataset), teacher.Hash), context.Seed, processes).Run(cells);
        var scores = Methods.Zip(students.Chunk(context.Value(_seeds)), (method, of) => (method, new EvaluationReport(protocol.Student.ToString(), protocol, of))).ToArray();

        var report = QuickstartReport.Of(runs.Single(r => r.Recipe.Method == "ddoq"), train, test, protocol, sets, scores, context.Seed);
        report.Save(Path.Combine(folder, "run.json"));
        var page = Path.Combine(folder, "report.html");
        HtmlReport.Write(page, report);
        return new Outcome(Document(folder, page, recipe.ImagesPerClass, clock.Elapsed.TotalSeconds, scores), View(report, page));
    }

    private StudentProtocol Protocol(DistilledSet set, CommandContext context)
    {
        var protocol = Protocols.Named(context.Value(_protocol)!, ProtocolScale.Of(set));
        var epochs = context.Value(_epochs);
        return epochs == 0 || epochs == protocol.Epochs ? protocol : protocol with { Name = $"{protocol.Name}-e{epochs.ToString(CultureInfo.InvariantCulture)}", Epochs = epochs };
    }

    private static IImageDataset Open(string spec, CommandContext context) => DatasetResolver.Open(spec, new DatasetOptions(), context.Progress, context.Cancellation);

    // A run folder is continued, never mistaken: anything else there is refused.
    private static void RequireOurs(string folder)
    {
        var foreign = File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any() && !File.Exists(Path.Combine(folder, Marker)));
        if (foreign) throw new UsageException($"output '{folder}' exists and is no quickstart run. Choose another --out.");
    }

    private static void Claim(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, Marker), "Made by 'ddoq quickstart'; run it again to continue or to reuse what is unchanged.\n");
    }

    private static JsonObject Document(string folder, string page, int ipc, double seconds, IReadOnlyList<(string Method, EvaluationReport Report)> scores) => new()
    {
        ["out"] = folder,
        ["ipc"] = ipc,
        ["seconds"] = Math.Round(seconds, 3),
        ["scores"] = new JsonArray([.. scores.Select(s => (JsonNode)new JsonObject
        {
            ["method"] = s.Method, ["mean"] = s.Report.Last.Mean, ["std"] = s.Report.Last.Std, ["seeds"] = s.Report.Students.Count,
            ["best_mean"] = s.Report.Best.Mean, ["best_std"] = s.Report.Best.Std, ["protocol"] = s.Report.Protocol.Name,
        })]),
        ["report"] = page,
    };

    private static IRenderable View(RunReport report, string page) => new Spectre.Console.Rows(
        Outcome.Table(["method", "images", "last #", "spread #", "best #", "spread #", "over random #"], report.Scores.Select(s => Row(s, report.Scores[0]))),
        new Spectre.Console.Text(string.Join('\n', report.Findings)),
        new Spectre.Console.Text($"\nreport: {page}"));

    private static string[] Row(ScoreRow row, ScoreRow random) =>
    [
        row.Method, row.Description, Percent(row.Last.Mean), Percent(row.Last.StandardDeviation), Percent(row.Best.Mean), Percent(row.Best.StandardDeviation),
        ReferenceEquals(row, random) ? "" : (100 * (row.Last.Mean - random.Last.Mean)).ToString("+0.0;-0.0", CultureInfo.InvariantCulture),
    ];

    private static string Percent(double fraction) => (100 * fraction).ToString("0.0", CultureInfo.InvariantCulture);
}

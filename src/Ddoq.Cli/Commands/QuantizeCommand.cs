using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Inputs;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Cli.Commands;

/// <summary><c>ddoq quantize LATENTS --ipc N --out FILE</c>.</summary>
internal sealed class QuantizeCommand : Verb
{
    // The exact transport holds three numbers for each pair of a sample and a point of its class: 3 GiB for this many.
    private const long MostPairs = 1L << 27, ManyPairs = 1L << 24;

    private static readonly QuantizerOptions Defaults = new();

    private readonly Argument<string> _latents = ArgumentOf.Text("LATENTS", "a latent store, or a matrix N x D in .npy or .safetensors");
    private readonly Option<int> _perClass = OptionOf.Whole("--ipc", "N", "points per class; needed unless --allocation gives them", 1, 10_000_000);
    private readonly AllocationInput _allocation = new();
    private readonly Option<string> _algorithm = OptionOf.Choice("--algorithm", "how points are placed", "lloyd", "lloyd", "clvq", "minibatch", "balanced");
    private readonly Option<string> _start = OptionOf.Choice("--init", "where points start; k-means++ takes the best of several candidates", "k-means++", "k-means++", "k-means++-plain", "random");
    private readonly Option<int> _maxIterations = OptionOf.Whole("--max-iterations", "N", "Lloyd steps at most", 1, 1_000_000, Defaults.MaxIterations);
    private readonly Option<double> _tolerance = OptionOf.Real("--tolerance", "X", "Lloyd stops when points move less, relative to the variance", 0, 1e6, Defaults.Tolerance);
    private readonly Option<int> _restarts = OptionOf.Whole("--restarts", "N", "runs from different starts; the best is kept", 1, 10_000, Defaults.Restarts);
    private readonly Option<int> _passes = OptionOf.Whole("--passes", "N", "passes of clvq over the samples", 1, 1_000_000, Defaults.Passes);
    private readonly Option<bool> _allowFewer = OptionOf.Flag("--allow-fewer", "classes with fewer samples than points keep what they have");
    private readonly Option<string> _labels = OptionOf.Text("--labels", "FILE.npy", "class of each row of a matrix; without it there is one class");
    private readonly Option<bool> _noEqual = OptionOf.Flag("--no-equal-weights", "leave w2_equal_weights out: it is exact, and takes long where a class has many samples and points");
    private readonly OutputOptions _output = new("FILE");

    public QuantizeCommand() : base("quantize", "place the points of each class so that its latents are approximated best",
        "quantize out/latents --ipc 10 --out out/codebook.safetensors", "quantize embeddings.npy --labels labels.npy --ipc 50 --out out/codebook.safetensors --algorithm clvq --json")
    {
        foreach (var option in new Option[] { _perClass, _algorithm, _start, _maxIterations, _tolerance, _restarts, _passes, _allowFewer, _labels, _noEqual }) Add(option);
        _perClass.Required = false;
        Add(_latents);
        _allocation.AddTo(this);
        _output.AddTo(this);
    }

    public override Outcome Run(CommandContext context)
    {
        var total = Stopwatch.StartNew();
        var perClass = _allocation.Read(context, _perClass);
        var options = ReadOptions(context);
        var output = context.Output(_output);
        var source = QuantizerInput.Open(context.Value(_latents), context.Value(_labels));
        var clock = Stopwatch.StartNew();
        var codebook = source.Describe(CodebookBuilder.Build(source.Samples, perClass.Apply(options, source.Samples), context.Seed, context.Progress, context.Threads, context.Cancellation));
        var seconds = clock.Elapsed.TotalSeconds;
        var peak = Environment.WorkingSet;
        using (var process = Process.GetCurrentProcess()) peak = Math.Max(peak, process.PeakWorkingSet64);
        codebook.Save(output.Path, output.Replace);
        var equal = EqualWeights(codebook, source.Samples, context);
        return Result(codebook, equal, perClass.Same, new Measured(seconds, total.Elapsed.TotalSeconds, peak), output.Path);
    }

    private readonly record struct Measured(double Seconds, double SecondsTotal, long PeakMemory);

    private QuantizerOptions ReadOptions(CommandContext context)
    {
        WarnOfUnused(context);
        return new()
        {
            Algorithm = context.Value(_algorithm) switch
            {
                "lloyd" => QuantizerAlgorithm.Lloyd,
                "clvq" => QuantizerAlgorithm.Clvq,
                var later => throw new UsageException($"--algorithm {later} is not in this version. Use lloyd or clvq."),
            },
            Initialization = context.Value(_start) switch
            {
                "random" => QuantizerInitialization.Random,
                "k-means++-plain" => QuantizerInitialization.KMeansPlusPlus,
                _ => QuantizerInitialization.GreedyKMeansPlusPlus,
            },
            MaxIterations = context.Value(_maxIterations),
            Tolerance = context.Value(_tolerance),
            Restarts = context.Value(_restarts),
            Passes = context.Value(_passes),
            AllowFewer = context.Value(_allowFewer),
        };
    }

    private void WarnOfUnused(CommandContext context)
    {
        var algorithm = context.Value(_algorithm);
        var unused = algorithm == "clvq" ? new Option[] { _maxIterations, _tolerance } : [_passes];
        foreach (var option in unused.Where(context.IsGiven)) context.Screen.Warn($"{option.Name} has no effect on --algorithm {algorithm}.");
    }

    private double? EqualWeights(Codebook codebook, IClassSamples samples, CommandContext context)
    {
        var pairs = codebook.Classes.Max(c => (long)c.SampleCount * c.Count);
        if (context.Value(_noEqual)) return null;
        if (pairs > MostPairs)
        {
            context.Screen.Warn(string.Create(CultureInfo.InvariantCulture, $"w2_equal_weights is left out: the exact distance over {pairs:N0} pairs of samples and points does not fit into memory."));
            return null;
        }
        if (pairs > ManyPairs) context.Screen.Say("the codebook is saved; the exact distance with equal weights follows and may take minutes (--no-equal-weights leaves it out)");
        return Math.Sqrt(EqualWeightTransport.Distortion(codebook, samples, threads: context.Threads, cancellation: context.Cancellation).Value);
    }

    private static Outcome Result(Codebook book, double? equal, int? perClass, Measured measured, string path)
    {
        var json = new JsonObject
        {
            ["samples"] = book.SampleCount,
            ["dimension"] = book.Shape.Dimension,
            ["classes"] = book.Classes.Count,
            ["ipc"] = perClass,
            ["distortion"] = book.Distortion,
            ["w2"] = book.W2,
            ["w2_equal_weights"] = equal,
            ["iterations"] = book.Iterations,
            ["seconds"] = measured.Seconds,
            ["seconds_total"] = measured.SecondsTotal,
            ["peak_memory_bytes"] = measured.PeakMemory,
            ["points"] = book.Count,
            ["algorithm"] = book.Algorithm,
            ["out"] = path,
        };
        return Outcome.OfFacts(json,
            ("points", string.Create(CultureInfo.InvariantCulture, $"{book.Count:N0} for {book.SampleCount:N0} samples of {book.Shape.Dimension} numbers in {book.Classes.Count} classes")),
            ("distortion", string.Create(CultureInfo.InvariantCulture, $"{book.Distortion:G6}, W2 {book.W2:G6}{(equal is { } w2 ? string.Create(CultureInfo.InvariantCulture, $" (with equal weights {w2:G6})") : "")}")),
            ("algorithm", $"{book.Algorithm}, {book.Iterations} iterations"),
            ("time", string.Create(CultureInfo.InvariantCulture, $"{measured.Seconds:0.00} s, {measured.PeakMemory / (double)(1 << 20):N0} MiB at most")),
            ("out", path));
    }
}

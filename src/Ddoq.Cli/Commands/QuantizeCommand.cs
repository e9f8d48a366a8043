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
    // From here on the distance with equal weights may take longer than the quantization.
    private const long ManyPairs = 1L << 24;

    private readonly Argument<string> _latents = ArgumentOf.Text("LATENTS", "a latent store, or a matrix N x D in .npy or .safetensors");
    private readonly Option<int> _perClass = OptionOf.Whole("--ipc", "N", "points per class; needed unless --allocation gives them", 1, 10_000_000);
    private readonly AllocationInput _allocation = new();
    private readonly QuantizerOptionsInput _how = new();
    private readonly Option<string> _labels = OptionOf.Text("--labels", "FILE.npy", "class of each row of a matrix; without it there is one class");
    private readonly Option<string> _sampleWeights = OptionOf.Text("--sample-weights", "FILE.npy", "mass of each row of a matrix; without it all are equal");
    private readonly Option<bool> _noEqual = OptionOf.Flag("--no-equal-weights", "leave w2_equal_weights out: it takes long where a class has many samples and points");
    private readonly Option<long> _memory = MemoryOption.Create();
    private readonly OutputOptions _output = new("FILE", resumable: true, standard: "codebook.safetensors");

    public QuantizeCommand() : base("quantize", "place the points of each class so that its latents are approximated best",
        "quantize out/latents --ipc 10 --out out/codebook.safetensors", "quantize embeddings.npy --labels labels.npy --ipc 50 --out out/codebook.safetensors --algorithm clvq --json")
    {
        Add(_perClass);
        _perClass.Required = false;
        _how.AddTo(this);
        foreach (var option in new Option[] { _labels, _sampleWeights, _noEqual, _memory }) Add(option);
        Add(_latents);
        _allocation.AddTo(this);
        _output.AddTo(this);
    }

    public override Outcome Run(CommandContext context)
    {
        var total = Stopwatch.StartNew();
        var perClass = _allocation.Read(context, _perClass);
        var options = _how.Read(context);
        var output = context.Output(_output);
        output.RequireFreeWork();
        var memory = context.Value(_memory);
        using var source = QuantizerInput.Open(context.Value(_latents), context.Value(_labels), context.Value(_sampleWeights), memory);
        var classes = _how.WithStart(context, perClass.Apply(options, source.Samples), source.Samples);
        var (codebook, seconds) = output.Resume && File.Exists(output.Path) ? (Finished(output, source, classes, context.Screen), 0) : Build(source, classes, output, memory, context);
        var peak = Environment.WorkingSet;
        using (var process = Process.GetCurrentProcess()) peak = Math.Max(peak, process.PeakWorkingSet64);
        var equal = EqualWeights(codebook, source.Samples, context);
        return Result(codebook, equal, perClass.Same, new Measured(seconds, total.Elapsed.TotalSeconds, peak), output.Path);
    }

    // Returns the seconds of the clustering alone.
    private static (Codebook Codebook, double Seconds) Build(QuantizerInput source, IReadOnlyList<QuantizerOptions> options, OutputRequest output, long memory, CommandContext context)
    {
        using var work = CodebookWork.Open(output, source, options, context.Seed, context.Screen);
        var build = new BuildOptions { Threads = context.Threads, Memory = memory, Parts = work.Parts };
        var built = work.Keeping(() =>
        {
            var clock = Stopwatch.StartNew();
            var codebook = source.Describe(CodebookBuilder.Build(source.Samples, options, context.Seed, build, context.Progress, context.Cancellation));
            var seconds = clock.Elapsed.TotalSeconds;
            codebook.Save(output.Path, output.Replace);
            return (codebook, seconds);
        });
        work.Finish();
        return built;
    }

    // A codebook does not hold all the options that it was made with: what can be compared is.
    private static Codebook Finished(OutputRequest output, QuantizerInput source, IReadOnlyList<QuantizerOptions> options, Screen screen)
    {
        var codebook = Codebook.Load(output.Path);
        var expected = source.Describe(new Codebook { Shape = source.Samples.Shape, Algorithm = Quantizers.Create(options[0]).Name, Classes = [] });
        var same = (codebook with { Classes = expected.Classes }).Equals(expected) && codebook.Classes.Select(c => c.Name).SequenceEqual(source.Samples.ClassNames)
            && codebook.Classes.Zip(options).All(pair => pair.First.Count == pair.Second.ImagesPerClass || (pair.Second.AllowFewer && pair.First.Count < pair.Second.ImagesPerClass));
        if (!same) throw new UsageException($"'{output.Path}' is finished, but it is another codebook. Give the same options and samples, or pass --force to make it anew.");
        if (Directory.Exists(output.Work)) Directory.Delete(output.Work, recursive: true); // a run was killed after its codebook stood
        screen.Say($"'{output.Path}' is finished already: there is nothing to continue");
        return codebook;
    }

    private readonly record struct Measured(double Seconds, double SecondsTotal, long PeakMemory);

    private TransportBounds? EqualWeights(Codebook codebook, IClassSamples samples, CommandContext context)
    {
        if (context.Value(_noEqual)) return null;
        var pairs = codebook.Classes.Max(c => (long)c.SampleCount * c.Count);
        if (pairs > ManyPairs) context.Screen.Say("the codebook is saved; the distance with equal weights follows and may take minutes (--no-equal-weights leaves it out)");
        return EqualWeightTransport.Distortion(codebook, samples, _how.Transport(context), context.Threads, context.Cancellation).Root();
    }

    private static Outcome Result(Codebook book, TransportBounds? equal, int? perClass, Measured measured, string path)
    {
        var json = new JsonObject
        {
            ["samples"] = book.SampleCount,
            ["dimension"] = book.Shape.Dimension,
            ["classes"] = book.Classes.Count,
            ["ipc"] = perClass,
            ["distortion"] = book.Distortion,
            ["w2"] = book.W2,
            ["w2_equal_weights"] = equal?.Value,
            ["w2_equal_weights_error"] = equal?.Error,
            ["iterations"] = book.Iterations,
            ["seconds"] = measured.Seconds,
            ["seconds_total"] = measured.SecondsTotal,
            ["peak_memory_bytes"] = measured.PeakMemory,
            ["points"] = book.Count,
            ["algorithm"] = book.Algorithm,
            ["out"] = path,
        };
        if (book.VoronoiDistortion is { } nearest) json["distortion_voronoi"] = nearest;
        return Outcome.OfFacts(json,
            ("points", string.Create(CultureInfo.InvariantCulture, $"{book.Count:N0} for {book.SampleCount:N0} samples of {book.Shape.Dimension} numbers in {book.Classes.Count} classes")),
            ("distortion", string.Create(CultureInfo.InvariantCulture, $"{book.Distortion:G6}, W2 {book.W2:G6}{(equal is { } w2 ? $" (with equal weights {Text(w2)})" : "")}")),
            ("algorithm", $"{book.Algorithm}, {book.Iterations} iterations"),
            ("time", string.Create(CultureInfo.InvariantCulture, $"{measured.Seconds:0.00} s, {measured.PeakMemory / (double)(1 << 20):N0} MiB at most")),
            ("out", path));
    }

    private static string Text(TransportBounds bounds) =>
        string.Create(CultureInfo.InvariantCulture, $"{bounds.Value:G6}") + (bounds.Error > 0 ? string.Create(CultureInfo.InvariantCulture, $" +- {bounds.Error:G2}") : "");
}

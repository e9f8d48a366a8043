using System.CommandLine;
using Ddoq.Cli.CommandLine;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary>How points are placed: the options of <c>quantize</c> that say so, checked against each other.</summary>
internal sealed class QuantizerOptionsInput
{
    private const string Lloyd = "lloyd", Clvq = "clvq", MiniBatch = "minibatch", Balanced = "balanced";

    private static readonly QuantizerOptions Defaults = new();

    private readonly Option<string> _algorithm = OptionOf.Choice("--algorithm", "how points are placed", Lloyd, Lloyd, Clvq, MiniBatch, Balanced);
    private readonly Option<string> _start = OptionOf.Choice("--init", "where points start; k-means++ takes the best of several candidates", "k-means++", "k-means++", "k-means++-plain", "random");
    private readonly Option<string> _centroids = OptionOf.Text("--centroids", "FILE", "start from these points: a matrix K x D for every class, or the points of all classes one after another");
    private readonly Option<int> _maxIterations = OptionOf.Whole("--max-iterations", "N", "steps of lloyd and balanced at most", 1, 1_000_000, Defaults.MaxIterations);
    private readonly Option<double> _tolerance = OptionOf.Real("--tolerance", "X", "lloyd and balanced stop when points move less, relative to the variance", 0, 1e6, Defaults.Tolerance);
    private readonly Option<bool> _noExchange = OptionOf.Flag("--no-exchange", "lloyd without the exchange of single samples afterwards: plain k-means");
    private readonly Option<int> _pool = OptionOf.Whole("--seeding-pool", "N", "samples among which k-means++ draws; 0 takes the larger of 4,096 and 32 per point", 0, int.MaxValue, 0);
    private readonly Option<int> _trials = OptionOf.Whole("--trials", "N", "short runs over the seeding pool, of which the best gives the start of k-means++; 0 takes 200 divided by the points, from 1 to 8", 0, 10_000, 0);
    private readonly Option<bool> _quick = OptionOf.Flag("--quick", "lloyd in little time: a start from a short run over few samples, three steps, no exchange; options beside it count more");
    private readonly Option<int> _restarts = OptionOf.Whole("--restarts", "N", "runs from different starts; the best is kept", 1, 10_000, Defaults.Restarts);
    private readonly Option<int> _passes = OptionOf.Whole("--passes", "N", "passes of clvq and minibatch over the samples", 1, 1_000_000, Defaults.Passes);
    private readonly Option<string> _step = OptionOf.Choice("--step", "step size of clvq: 1/n for each point, or the classical rule over all samples", "macqueen", "macqueen", "classical");
    private readonly Option<int> _batchSize = OptionOf.Whole("--batch-size", "N", "samples per batch of minibatch; 0 takes the larger of 1,024 and 10 per point", 0, int.MaxValue, 0);
    private readonly Option<string> _quirks = OptionOf.Choice("--quirks", "minibatch as D4M's code runs it: batches of 10 per point in data order, one pass, small cells reassigned, left-over samples dropped, streaming masses", "none", "none", "d4m");
    private readonly Option<string> _masses = OptionOf.Choice("--masses", "weights of clvq and minibatch: from a final exact assignment, or as the stream counted them", "final", "final", "streaming");
    private readonly Option<string> _transport = OptionOf.Choice("--transport", "how equal masses are distributed, for balanced and w2_equal_weights", "automatic", "automatic", "exact", "entropic");
    private readonly Option<bool> _allowFewer = OptionOf.Flag("--allow-fewer", "classes with fewer samples than points keep what they have");

    /// <param name="command">Receives the options.</param>
    /// <param name="withCentroids">Whether points to start from can be given: where there is one number of points.</param>
    public void AddTo(Command command, bool withCentroids = true)
    {
        if (withCentroids) command.Add(_centroids);
        foreach (var option in new Option[] { _algorithm, _quick, _start, _pool, _trials, _maxIterations, _tolerance, _noExchange, _restarts, _passes, _step, _batchSize, _quirks, _masses, _transport, _allowFewer }) command.Add(option);
    }

    /// <summary>Reads all but the number of points and the points to start from, before any work, and warns of options that the algorithm does not know.</summary>
    /// <exception cref="UsageException">Options contradict each other.</exception>
    public QuantizerOptions Read(CommandContext context)
    {
        WarnOfUnused(context);
        RefuseContradictions(context);
        return WithQuick(context, WithQuirks(context, new()
        {
            Algorithm = context.Value(_algorithm) switch { Clvq => QuantizerAlgorithm.Clvq, MiniBatch => QuantizerAlgorithm.MiniBatch, Balanced => QuantizerAlgorithm.Balanced, _ => QuantizerAlgorithm.Lloyd },
            Initialization = context.Value(_start) switch { "random" => QuantizerInitialization.Random, "k-means++-plain" => QuantizerInitialization.KMeansPlusPlus, _ => QuantizerInitialization.GreedyKMeansPlusPlus },
            MaxIterations = context.Value(_maxIterations),
            Tolerance = context.Value(_tolerance),
            Exchange = !context.Value(_noExchange),
            SeedingPool = context.Value(_pool),
            Trials = context.Value(_trials),
            Restarts = context.Value(_restarts),
            Passes = context.Value(_passes),
            StepSize = context.Value(_step) == "classical" ? StepSize.Classical() : StepSize.MacQueen(),
            MiniBatch = new() { BatchSize = context.Value(_batchSize) },
            Masses = context.Value(_masses) == "streaming" ? MassEstimate.Streaming : MassEstimate.FinalAssignment,
            Transport = Transport(context),
            AllowFewer = context.Value(_allowFewer),
        }));
    }

    /// <summary>How equal masses are distributed.</summary>
    public TransportMethod Transport(CommandContext context) => context.Value(_transport) switch
    {
        "exact" => TransportMethod.Exact,
        "entropic" => TransportMethod.Entropic,
        _ => TransportMethod.Automatic,
    };

    /// <summary>The options with each class's own points to start from, where a file names them.</summary>
    /// <exception cref="BadInputException">The file's points do not fit.</exception>
    public IReadOnlyList<QuantizerOptions> WithStart(CommandContext context, IReadOnlyList<QuantizerOptions> classes, IClassSamples source) =>
        context.Value(_centroids) is { } path ? SuppliedStart.Read(path, classes, source) : classes;

    // What the user says himself counts more than a preset.
    private QuantizerOptions WithQuirks(CommandContext context, QuantizerOptions options)
    {
        if (context.Value(_algorithm) != MiniBatch || context.Value(_quirks) != "d4m") return options;
        var preset = QuantizerOptions.D4m(1);
        return options with
        {
            MiniBatch = context.IsGiven(_batchSize) ? preset.MiniBatch with { BatchSize = options.MiniBatch.BatchSize } : preset.MiniBatch,
            Trials = context.IsGiven(_trials) ? options.Trials : preset.Trials,
            Passes = context.IsGiven(_passes) ? options.Passes : preset.Passes,
            Masses = context.IsGiven(_masses) ? options.Masses : preset.Masses,
        };
    }

    private QuantizerOptions WithQuick(CommandContext context, QuantizerOptions options)
    {
        if (!context.Value(_quick)) return options;
        var preset = QuantizerOptions.Quick(1);
        return options with { QuickStart = preset.QuickStart, Exchange = preset.Exchange, MaxIterations = context.IsGiven(_maxIterations) ? options.MaxIterations : preset.MaxIterations };
    }

    private void RefuseContradictions(CommandContext context)
    {
        if (context.Value(_centroids) is null) return;
        if (context.IsGiven(_start)) throw new UsageException("--centroids gives the points to start from, so that --init has nothing to choose. Leave one of them out.");
        if (context.Value(_restarts) > 1) throw new UsageException("--centroids gives one start, so that --restarts would repeat one run. Leave one of them out.");
    }

    private void WarnOfUnused(CommandContext context)
    {
        var algorithm = context.Value(_algorithm);
        Option[] unused = algorithm switch
        {
            Clvq => [_quick, _maxIterations, _tolerance, _noExchange, _batchSize, _quirks],
            MiniBatch => [_quick, _maxIterations, _tolerance, _noExchange, _step],
            Balanced => [_quick, _noExchange, _passes, _step, _batchSize, _quirks, _masses],
            _ => [_passes, _step, _batchSize, _quirks, _masses],
        };
        foreach (var option in unused.Where(context.IsGiven)) context.Screen.Warn($"{option.Name} has no effect on --algorithm {algorithm}.");
        WarnOfUnusedSeeding(context);
    }

    private void WarnOfUnusedSeeding(CommandContext context)
    {
        var start = context.Value(_centroids) is not null ? "--centroids" : $"--init {context.Value(_start)}";
        Option[] unused = start switch { "--init k-means++" => [], "--init k-means++-plain" => [_trials], _ => [_trials, _pool] };
        foreach (var option in unused.Where(context.IsGiven)) context.Screen.Warn($"{option.Name} has no effect on a start by {start}.");
    }
}

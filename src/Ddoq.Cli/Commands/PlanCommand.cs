using System.CommandLine;
using System.Diagnostics;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Inputs;
using Ddoq.Foundations;
using Ddoq.Planning;

namespace Ddoq.Cli.Commands;

/// <summary><c>ddoq plan DATA_OR_LATENTS --ipc 1,10,50</c>.</summary>
internal sealed class PlanCommand : Verb
{
    private static readonly PlanOptions Defaults = new();

    private readonly PlanInput _input = new();
    private readonly Option<int[]> _perClass = OptionOf.WholeList("--ipc", "points per class at which the curve is measured", 1, 10_000_000, required: true);
    private readonly Option<int[]> _budgets = OptionOf.WholeList("--budget", "totals of images to spread over the classes; without it each --ipc times the number of classes", 1, int.MaxValue);
    private readonly Option<int> _least = OptionOf.Whole("--min-per-class", "N", "images that each class gets at least when a total is spread", 1, 10_000_000, Defaults.LeastPerClass);
    private readonly Option<double> _heldOut = OptionOf.Real("--held-out", "X", "part of each class that is held out to judge points fitted to the rest; 0 leaves it out", 0, 0.9, Defaults.HeldOutShare);
    private readonly Option<int> _dimensionSamples = OptionOf.Whole("--dimension-samples", "N", "samples per class that the intrinsic dimension is estimated from; 0 leaves it out", 0, 100_000, Defaults.DimensionSamples);
    private readonly Option<bool> _noVerify = OptionOf.Flag("--no-verify", "predict what an allocation gains, without quantizing with it");
    private readonly Option<bool> _warm = OptionOf.Flag("--warm", "start each number of points from the points of the number before, so that the curve never rises");
    private readonly QuantizerOptionsInput _how = new();
    private readonly OutputOptions _output = new("FILE.json");

    public PlanCommand() : base("plan", "show what more points per class buy, and how to spread a total over the classes",
        "plan out/latents --ipc 1,10,50 --out out/allocation.json", "plan embeddings.npy --labels labels.npy --ipc 5,10,20 --budget 100 --json")
    {
        _input.AddTo(this);
        foreach (var option in new Option[] { _perClass, _budgets, _least, _heldOut, _dimensionSamples, _noVerify, _warm }) Add(option);
        _how.AddTo(this, withCentroids: false);
        _output.Out.Required = false;
        _output.Out.Description = "where the allocations go, for quantize --allocation";
        _output.AddTo(this);
    }

    public override Outcome Run(CommandContext context)
    {
        var total = Stopwatch.StartNew();
        var options = ReadOptions(context);
        OutputRequest? output = context.IsGiven(_output.Out) ? context.Output(_output) : null;
        return _input.With(context, (samples, encoder) =>
        {
            var clock = Stopwatch.StartNew();
            var plan = Planner.Create(samples, options, context.Seed, context.Progress, context.Threads, context.Cancellation);
            var seconds = clock.Elapsed.TotalSeconds;
            Remark(plan, context);
            if (output is { } request) Save(plan, request);
            return new PlanView(plan, encoder, samples.Shape.Dimension, seconds, total.Elapsed.TotalSeconds, output?.Path).Outcome();
        });
    }

    private PlanOptions ReadOptions(CommandContext context) => new()
    {
        ImagesPerClass = context.Value(_perClass)!,
        Budgets = context.Value(_budgets) ?? [],
        LeastPerClass = context.Value(_least),
        HeldOutShare = context.Value(_heldOut),
        DimensionSamples = context.Value(_dimensionSamples),
        Verify = !context.Value(_noVerify),
        WarmStart = context.Value(_warm),
        Quantizer = _how.Read(context),
    };

    private void Remark(Plan plan, CommandContext context)
    {
        if (context.Value(_heldOut) == 0) return;
        foreach (var point in plan.Curve.Where(p => p.HeldOutDistortion is null))
            context.Screen.Warn($"no held-out distortion at {point.ImagesPerClass} points per class: a class has fewer samples left to fit. Hold out less with --held-out.");
    }

    private static void Save(Plan plan, OutputRequest output)
    {
        if (plan.Allocations.Count == 0) throw new UsageException("there is no allocation to write: the classes hold fewer samples than any --ipc times their number. Give a total with --budget.");
        AllocationFile.Save(plan, output.Path, output.Replace);
    }
}

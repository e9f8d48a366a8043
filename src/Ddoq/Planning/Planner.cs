using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Planning;

/// <summary>Measures what points per class buy, and spreads totals of images over the classes.</summary>
public sealed class Planner
{
    // Proposal, measurement, and once more with what the measurement taught.
    private const int Rounds = 2;

    // Bytes of a class up to which it is read into memory.
    private const long LargestHeld = 1L << 31;

    private readonly IClassSamples _source;
    private readonly PlanOptions _options;
    private readonly IProgress<StageProgress>? _progress;
    private readonly int _sideBySide;
    private readonly CancellationToken _cancellation;
    private readonly ClassStudy[] _classes;
    private readonly BudgetSearch[] _searches;

    private Planner(IClassSamples source, PlanOptions options, SeedSequence seeds, IProgress<StageProgress>? progress, int threads, CancellationToken cancellation)
    {
        (_source, _options, _progress, _cancellation) = (source, options, progress, cancellation);
        threads = FixedBlocks.Threads(threads);
        var count = source.ClassNames.Count;
        _sideBySide = count >= threads ? threads : 1;
        _classes = [.. source.ClassNames.Select((name, c) => new ClassStudy(c, name, source.SourceIndices(c).Length, options, seeds, count >= threads ? 1 : threads, cancellation))];
        var least = PlanChecks.Least(_classes, options);
        var budgets = PlanChecks.Budgets(_classes, options, least);
        _searches = [.. budgets.Select(budget => new BudgetSearch(budget, _classes, least))];
    }

    /// <summary>
    /// Makes a plan. Classes run side by side where there are enough of them, otherwise one after another with the threads inside; the result has the same bits either
    /// way. Memory: the samples of as many classes as run at once; a class of more than 2 GiB stays in its file. Each class is read once, and once more for each round of verification.
    /// </summary>
    /// <param name="source">Samples by class.</param>
    /// <param name="options">What to measure.</param>
    /// <param name="seeds">The run's seeds.</param>
    /// <param name="progress">Told after each class.</param>
    /// <param name="threads">Threads to use; 0 for all processors.</param>
    /// <param name="cancellation">Checked once per pass over a class.</param>
    /// <exception cref="UsageException">A total is less than the least of all classes together, or more than there are samples.</exception>
    /// <exception cref="BadInputException">A class cannot be quantized as asked; the first such class is named.</exception>
    public static Plan Create(IClassSamples source, PlanOptions options, SeedSequence seeds, IProgress<StageProgress>? progress = null, int threads = 0, CancellationToken cancellation = default) =>
        new Planner(source, options, seeds, progress, threads, cancellation).Create();

    private Plan Create()
    {
        Pass("survey", (c, samples) => _classes[c].Survey(samples, CountsNear(c)));
        Spread();
        var curve = _options.ImagesPerClass.Select(Mean).ToArray();
        return new Plan
        {
            Curve = curve,
            Classes = [.. _classes.Select(c => new ClassPlan(c.Name, c.Count, [.. _options.ImagesPerClass.Select(c.PointAt)], c.IntrinsicDimension))],
            IntrinsicDimension = MeanDimension(),
            Rate = DecayRate.Of(curve.Select(p => (p.ImagesPerClass, p.W2))),
            Allocations = [.. _searches.Select(s => s.Result())],
        };
    }

    // One point, where every curve begins, and numbers around the equal split, between which allocations are likely to lie.
    private IEnumerable<int> CountsNear(int c) => _searches.Select(s => s.EqualSplit[c]).SelectMany(k => new[] { k, Math.Max(1, k / 2), (int)Math.Min(2L * k, int.MaxValue) }).Prepend(1);

    private void Spread()
    {
        for (var round = 1; round <= (_options.Verify ? Rounds : 1); round++)
        {
            var proposals = _searches.Select(s => s.Propose()).ToArray();
            if (!_options.Verify) return;
            Pass($"verify {round}", (c, samples) => _classes[c].Measure(samples, proposals.Select(p => p[c])));
            foreach (var search in _searches) search.Judge();
        }
    }

    private void Pass(string stage, Action<int, Samples> work)
    {
        var done = 0;
        ClassLoop.Run(_classes.Length, _sideBySide, c =>
        {
            _cancellation.ThrowIfCancellationRequested();
            using (var samples = _source.OpenClass(c, LargestHeld)) work(c, samples);
            _progress?.Report(new StageProgress(stage, Interlocked.Increment(ref done), _classes.Length, "classes"));
        });
    }

    private CurvePoint Mean(int points)
    {
        var at = _classes.Where(c => c.Count > 0).Select(c => (c.Mass, Point: c.PointAt(points))).ToArray();
        var mass = at.Sum(c => c.Mass);
        double? Weighted(Func<CurvePoint, double?> part) => at.All(c => part(c.Point) is not null) ? at.Sum(c => c.Mass * part(c.Point)!.Value) / mass : null;
        return new CurvePoint(points, Weighted(p => p.Distortion)!.Value, Weighted(p => p.FittedDistortion), Weighted(p => p.HeldOutDistortion));
    }

    private double? MeanDimension()
    {
        var known = _classes.Where(c => c.IntrinsicDimension is not null).ToArray();
        return known.Length == 0 ? null : known.Sum(c => c.Mass * c.IntrinsicDimension!.Value) / known.Sum(c => c.Mass);
    }
}

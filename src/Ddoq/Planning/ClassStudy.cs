using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Planning;

/// <summary>Everything measured of one class. One thread works on it at a time.</summary>
internal sealed class ClassStudy(int index, string name, int count, PlanOptions options, SeedSequence seeds, int threads, CancellationToken cancellation)
{
    private const double LeastRatio = 1.25;

    private readonly Dictionary<int, double> _asked = []; // at the numbers of the curve
    private readonly Dictionary<int, double> _afresh = []; // what quantizing with that number gives
    private readonly SortedDictionary<int, double> _best = []; // the least seen, which allocations are made from
    private readonly Dictionary<int, (double Fitted, double HeldOut)> _heldOut = [];

    public string Name => name;

    public int Count => count;

    /// <summary>Mass of the class: n_c for samples of equal mass.</summary>
    public double Mass { get; private set; } = count;

    public double? IntrinsicDimension { get; private set; }

    /// <summary>First pass over the class: the curve, held-out distortions, intrinsic dimension.</summary>
    /// <param name="samples">The class.</param>
    /// <param name="others">Further numbers of points to know, for allocations.</param>
    public void Survey(Samples samples, IEnumerable<int> others)
    {
        Mass = samples.TotalWeight;
        if (count == 0) return;
        if (options.WarmStart) MeasureWarm(samples);
        else MeasureAsked(samples);
        Measure(samples, others);
        MeasureHeldOut(samples);
        if (options.DimensionSamples > 0) IntrinsicDimension = TwoNearestNeighbours.Estimate(Draw(samples), threads);
    }

    /// <summary>Quantizes afresh with each number that has not been tried.</summary>
    public void Measure(Samples samples, IEnumerable<int> pointCounts)
    {
        foreach (var k in pointCounts.Select(Possible).Where(k => k > 0 && !_afresh.ContainsKey(k)).Distinct().ToArray())
        {
            _afresh[k] = Fit(samples, Of(k)).Distortion;
            _best[k] = Math.Min(_afresh[k], _best.GetValueOrDefault(k, double.PositiveInfinity));
        }
    }

    /// <summary>Distortion found by quantizing afresh; null where that was not done.</summary>
    public double? Measured(int points) => count == 0 ? 0 : _afresh.TryGetValue(points, out var distortion) ? distortion : null;

    /// <summary>Mass times distortion for 1, ..., most points, convex.</summary>
    public double[] Costs(int most) => Array.ConvertAll(ConvexCurve.Through(Apart(), most), d => Mass * d);

    public CurvePoint PointAt(int points)
    {
        if (count == 0) return new CurvePoint(points, 0, null, null);
        (double Fitted, double HeldOut)? split = _heldOut.TryGetValue(points, out var found) ? found : null;
        return new CurvePoint(points, _asked[Possible(points)], split?.Fitted, split?.HeldOut);
    }

    // Between numbers of points that lie near each other the luck of local optima outweighs the slope, which would be taken for a steep or a flat one.
    private List<(int Points, double Distortion)> Apart()
    {
        var apart = new List<(int Points, double Distortion)>();
        foreach (var (k, distortion) in _best)
            if (apart.Count == 0 || k >= LeastRatio * apart[^1].Points) apart.Add((k, distortion));
        return apart;
    }

    private int Possible(int points) => Math.Min(points, count);

    private QuantizerOptions Of(int points) => options.Quantizer with { ImagesPerClass = points };

    private ClassCodebook Fit(Samples samples, QuantizerOptions quantizer) => Quantizers.Create(quantizer, threads).Fit(samples, seeds, index, cancellation);

    private void MeasureAsked(Samples samples)
    {
        Measure(samples, options.ImagesPerClass);
        foreach (var k in options.ImagesPerClass.Select(Possible).Distinct()) _asked[k] = _afresh[k];
    }

    private void MeasureWarm(Samples samples)
    {
        float[]? before = null;
        foreach (var k in options.ImagesPerClass.Select(Possible).Distinct())
        {
            var book = Fit(samples, before is null ? Of(k) : Warm(samples, before, k));
            (_asked[k], before) = (_best[k] = book.Distortion, book.Centroids);
        }
    }

    private QuantizerOptions Warm(Samples samples, float[] before, int points) => Of(points) with
    {
        Initialization = QuantizerInitialization.Supplied,
        InitialCentroids = WarmStart.Extend(samples, before, points, seeds.Stream("plan/warm", index, points), threads),
        Restarts = 1,
    };

    private void MeasureHeldOut(Samples samples)
    {
        if (options.HeldOutShare == 0 || HeldOutSplit.Of(samples, options.HeldOutShare, seeds, index) is not { } split) return;
        foreach (var k in options.ImagesPerClass.Where(k => k <= split.Fitted.Count))
        {
            var book = Fit(split.Fitted, Of(k));
            _heldOut[k] = (book.VoronoiDistortion ?? book.Distortion, VoronoiAssignment.Of(split.HeldOut, book.Centroids, threads).Distortion);
        }
    }

    private SampleMatrix Draw(Samples samples)
    {
        var rows = seeds.Stream("plan/dimension", index).Permutation(samples.Count)[..Math.Min(samples.Count, options.DimensionSamples)];
        Array.Sort(rows);
        return samples.Select(rows);
    }
}

using System.Numerics;

namespace Ddoq.Quantization;

/// <summary>
/// Scores in a sketch, which bound distances from below: a sample is settled where they leave only its own centroid; else those that they leave are compared
/// with it and become its rivals.
/// </summary>
internal sealed unsafe class SketchWorker(NearestSearch search, SearchSpace space) : SearchWorker(search, space)
{
    private readonly SearchBounds _bounds = space.Bounds!;
    private readonly Rivals _rivals = space.Rivals!;
    private readonly QuickDistances _distances = space.Distances!;
    private readonly float[] _row = new float[space.Centroids.Length / space.Panels.Count];
    private readonly List<(int Place, float Lower)> _left = new(space.Panels.Width);

    // Of the row that is being resolved.
    private double _norm, _error;

    /// <inheritdoc />
    public override void Find(int start, int end)
    {
        Block.Clear();
        for (var i = start; i < end; i++) Collect(i, 1, null);
        Block.Compute();
        for (var r = 0; r < Block.Count; r++) Resolve(r);
    }

    /// <inheritdoc />
    protected override void Widen(int sample)
    {
        _rivals.Widen(sample, _bounds.DriftOfPlace);
        _bounds.Widen(sample, Labels[sample]);
    }

    // The panels that may hold a centroid within reach, and the sample itself if one of its rivals is.
    protected override void Collect(int sample, float stretch, float[]? entryFactors)
    {
        if (Labels[sample] < 0)
        {
            Block.AskAll(Block.Add(sample));
            return;
        }
        Widen(sample);
        var lower = _bounds.Lower(sample);
        var row = -1;
        var reach = _bounds.Upper(sample) * stretch;
        for (var g = 0; g < lower.Length; g += 8)
            for (var near = Near(lower, g, reach, entryFactors); near != 0; near &= near - 1)
            {
                if (row < 0) row = Block.Add(sample);
                Block.Ask(row, g + BitOperations.TrailingZeroCount(near));
            }
        if (row < 0 && IsRivalWithin(sample, reach, entryFactors)) Block.Add(sample);
    }

    private int Begin(int row)
    {
        var sample = Block.Source(row);
        _norm = SquaredNorm(sample);
        _error = Space.ErrorFor(_norm);
        return sample;
    }

    private bool IsRivalWithin(int sample, float reach, float[]? entryFactors)
    {
        var lower = _rivals.Lower(sample);
        var places = _rivals.Places(sample);
        for (var r = 0; r < lower.Length; r++)
            if (lower[r] <= (entryFactors is null ? reach : reach * entryFactors[places[r] / ProductKernel.PanelWidth]) && float.IsFinite(lower[r])) return true;
        return false;
    }

    private void Resolve(int row)
    {
        var sample = Begin(row);
        if (Labels[sample] < 0)
        {
            Space.Forget(sample);
            CollectWithin(row, Least(row));
            Compare(row, Candidates[0], 0);
            return;
        }
        var own = Panels.PlaceOf(Labels[sample]);
        var upper = _bounds.Upper(sample);
        Hide(row, own);
        if (float.IsFinite(upper) && !IsRivalWithin(sample, upper, null) && CollectWithin(row, Limit(upper)) == 0) Remember(row);
        else Compare(row, own, upper);
    }

    // Compares the centroid in a place that is near already with the rivals and candidates that may be nearer. Rivals within reach are the reason for looking: their
    // bounds are renewed even where the sample's own centroid has turned out to be near enough.
    private void Compare(int row, int place, float reach)
    {
        var sample = Block.Source(row);
        var nearest = Measure(sample, place);
        Hide(row, place);
        CompareRivals(sample, reach, ref nearest);
        CollectWithin(row, Limit(nearest.Upper));
        while (TakeLeast(row) is >= 0 and var candidate && Block.Scores(row)[candidate] <= Limit(nearest.Upper))
        {
            var other = Measure(sample, candidate);
            if (IsNearer(sample, other, nearest)) (nearest, other) = (other, nearest);
            Block.Scores(row)[candidate] = float.PositiveInfinity;
            Leave(_rivals.Take(sample, other.Place, other.Lower));
        }
        Labels[sample] = Panels.Order[nearest.Place];
        _bounds.Upper(sample) = nearest.Upper;
        Remember(row);
    }

    private void CompareRivals(int sample, float reach, ref Measured nearest)
    {
        var lower = _rivals.Lower(sample);
        var places = _rivals.Places(sample);
        for (var r = 0; r < lower.Length; r++)
        {
            if (!(lower[r] <= Math.Max(reach, nearest.Upper)) || !float.IsFinite(lower[r])) continue;
            var other = Measure(sample, places[r]);
            if (IsNearer(sample, other, nearest)) (nearest, other) = (other, nearest);
            (places[r], lower[r]) = (other.Place, other.Lower);
        }
    }

    private Measured Measure(int sample, int place)
    {
        var (lower, upper) = _distances.Bounds(sample, Panels.Order[place], _row);
        return new Measured(place, lower, upper);
    }

    // Where the bounds cannot tell, float64 decides.
    private bool IsNearer(int sample, Measured one, Measured other)
    {
        if (one.Upper < other.Lower || one.Lower > other.Upper) return one.Upper < other.Lower;
        return IsLess(SquaredDistance(sample, one.Place), one.Place, (other.Place, SquaredDistance(sample, other.Place)));
    }

    protected override void ResolveProposal(int row)
    {
        var sample = Begin(row);
        var (own, upper) = (Panels.PlaceOf(Labels[sample]), (double)_bounds.Upper(sample));
        Hide(row, own);
        var saved = upper * upper * Leaving(sample);
        if (double.IsInfinity(saved) || IsRivalCheaper(sample, saved) || CollectCheaper(row, saved) > 0)
        {
            var distance = SquaredDistance(sample, own);
            saved = distance * Leaving(sample);
            _bounds.Upper(sample) = SearchBounds.RootFromAbove(distance * (1 + 1e-9));
            var (to, cost) = CheapestEntry(row, saved);
            if (cost < saved) Proposals[sample] = Panels.Order[to];
        }
        Remember(row);
    }

    private bool IsRivalCheaper(int sample, double saved)
    {
        for (var r = 0; r < Rivals.Count; r++)
            if (LeastCost(sample, r) <= saved) return true;
        return false;
    }

    // What entering the cell of a rival costs at least.
    private double LeastCost(int sample, int rival)
    {
        var lower = (double)_rivals.Lower(sample)[rival];
        return double.IsFinite(lower) ? lower * lower * Entering(sample, _rivals.Places(sample)[rival]) : lower;
    }

    private (int Place, double Cost) CheapestEntry(int row, double saved)
    {
        var (sample, cheapest) = (Block.Source(row), (Place: -1, Cost: double.PositiveInfinity));
        var lower = _rivals.Lower(sample);
        var places = _rivals.Places(sample);
        for (var r = 0; r < lower.Length; r++)
        {
            if (!(LeastCost(sample, r) <= saved)) continue;
            lower[r] = Below(Enter(sample, places[r], ref cheapest));
        }
        CollectCheaper(row, saved);
        foreach (var place in Candidates)
        {
            var distance = Enter(sample, place, ref cheapest);
            Block.Scores(row)[place] = float.PositiveInfinity;
            Leave(_rivals.Take(sample, place, Below(distance)));
        }
        return cheapest;
    }

    private double Enter(int sample, int place, ref (int Place, double Cost) cheapest)
    {
        var distance = SquaredDistance(sample, place);
        var cost = distance * Entering(sample, place);
        if (IsLess(cost, place, cheapest)) cheapest = (place, cost);
        return distance;
    }

    // With room for the roundings of the cost.
    private int CollectCheaper(int row, double saved)
    {
        return CollectEntries(row, _norm, saved + _error + 1e-6 * (_norm + Panels.LargestNorm * Panels.LargestNorm));
    }

    // Neither the sample's own centroid nor its rivals count for the bounds of panels.
    private void Hide(int row, int own)
    {
        var scores = Block.Scores(row);
        scores[own] = float.PositiveInfinity;
        for (var r = 0; r < Rivals.Count; r++)
            if (_rivals.PlaceOf(Block.Source(row), r) is { } place) scores[place] = float.PositiveInfinity;
    }

    // A rival that had to go counts for the bound of its panel again.
    private void Leave((int Place, float Lower) rival)
    {
        if (float.IsFinite(rival.Lower)) _left.Add(rival);
    }

    // Panels that were not scored keep their bounds.
    private void Remember(int row)
    {
        var sample = Block.Source(row);
        var lower = _bounds.Lower(sample);
        var offset = OffsetFor(_norm, _error);
        foreach (var p in Block.Asked(row)) lower[p] = Math.Max(lower[p], SearchBounds.RootFromBelow(LeastOfPanel(row, p) + offset));
        foreach (var (place, bound) in _left)
        {
            ref var panel = ref lower[place / ProductKernel.PanelWidth];
            panel = Math.Min(panel, bound);
        }
        _left.Clear();
    }

    // Scores above this belong to centroids farther than the distance.
    private float Limit(float distance) => RoundUp((double)distance * distance - _norm + _error);

    private static float Below(double squaredDistance) => SearchBounds.RootFromBelow(squaredDistance * (1 - 1e-9));

    /// <summary>A centroid's place with bounds of its distance.</summary>
    private readonly record struct Measured(int Place, float Lower, float Upper);
}

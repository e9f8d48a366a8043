using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace Ddoq.Quantization;

/// <summary>One thread's share of a <see cref="NearestSearch"/>: block by block, collect the samples whose bounds do not settle them, score them, resolve.</summary>
internal sealed unsafe class SearchWorker(NearestSearch search)
{
    private readonly CentredSamples _samples = search.Samples;
    private readonly CentroidPanels _panels = search.Panels;
    private readonly SearchBounds? _bounds = search.Bounds;
    private readonly ScoreBlock _block = new(search.Samples, search.Panels);
    private readonly double[] _row = new double[search.Samples.Dimension];
    private readonly float[] _least = new float[search.Panels.PanelCount];

    public long ScoresComputed => _block.Computed;

    public long Decisions { get; private set; }

    /// <summary>Finds the labels of samples [start, end), at most a block.</summary>
    public void Search(int start, int end)
    {
        _block.Clear();
        for (var i = start; i < end; i++) Collect(i, 1, null);
        _block.Compute();
        for (var r = 0; r < _block.Count; r++) Extend(r, DistanceToOwnPanel(r), null);
        _block.Compute();
        for (var r = 0; r < _block.Count; r++) Resolve(r);
    }

    /// <summary>Finds the labels of at most a block of samples, from nothing.</summary>
    public void Search(ReadOnlySpan<int> rows)
    {
        _block.Clear();
        foreach (var i in rows) _block.AskAll(_block.Add(i));
        _block.Compute();
        for (var r = 0; r < _block.Count; r++) Resolve(r);
    }

    /// <summary>Finds the proposals of samples [start, end), at most a block.</summary>
    public void Propose(int start, int end)
    {
        _block.Clear();
        for (var i = start; i < end; i++)
        {
            search.Proposals[i] = -1;
            if (LeavingFactor(i) is { } factor) Collect(i, factor, _panels.EntryFactors);
            else _bounds?.Widen(i, search.Labels[i]);
        }
        _block.Compute();
        for (var r = 0; r < _block.Count; r++) Extend(r, DistanceToOwn(r) * LeavingFactor(_block.Source(r))!.Value, _panels.EntryFactors);
        _block.Compute();
        for (var r = 0; r < _block.Count; r++) ResolveProposal(r);
    }

    // The root of m / (m - w): leaving a small cell moves its centroid far. Null for a sample that cannot leave.
    private float? LeavingFactor(int sample)
    {
        var (w, own) = (_samples.Source.WeightOf(sample), _panels.MassOf(search.Labels[sample]));
        return w > 0 && own > w * (1 + 1e-9) ? (float)Math.Sqrt(own / (own - w)) * (1 + 1e-6f) : null;
    }

    // First the panel of the sample's own centroid, if any other may be near enough: it makes the upper bound tight and holds the likeliest rivals.
    private void Collect(int sample, float stretch, float[]? entryFactors)
    {
        var label = search.Labels[sample];
        if (_bounds is null || label < 0)
        {
            _block.AskAll(_block.Add(sample));
            return;
        }
        var lower = _bounds.Widen(sample, label);
        var reach = _bounds.Upper(sample) * stretch;
        for (var g = 0; g < lower.Length; g += 8)
        {
            if (Near(lower, g, reach, entryFactors) == 0) continue;
            _block.Ask(_block.Add(sample), _panels.PlaceOf(label) / ProductKernel.PanelWidth);
            return;
        }
    }

    // Then the other panels that may hold a centroid within reach.
    private void Extend(int row, float reach, float[]? entryFactors)
    {
        if (_bounds is null) return;
        var lower = _bounds.Lower(_block.Source(row));
        for (var g = 0; g < lower.Length; g += 8)
            for (var near = Near(lower, g, reach, entryFactors); near != 0; near &= near - 1)
                if (_bounds.Kind == BoundKind.One) _block.AskAll(row);
                else _block.Ask(row, g + BitOperations.TrailingZeroCount(near));
    }

    private float DistanceToOwnPanel(int row) =>
        OwnPlace(row) is { } own ? Distance(row, LeastOf(PanelLeast(_block.Scores(row) + own / ProductKernel.PanelWidth * ProductKernel.PanelWidth))) : 0;

    private float DistanceToOwn(int row) => OwnPlace(row) is { } own ? Distance(row, _block.Scores(row)[own]) : 0;

    private int? OwnPlace(int row) => search.Labels[_block.Source(row)] is >= 0 and var label ? _panels.PlaceOf(label) : null;

    // From above.
    private float Distance(int row, double score)
    {
        var norm = _samples.SquaredNorms[_block.Source(row)];
        return SearchBounds.RootFromAbove(score + norm + _panels.ErrorFor(norm));
    }

    // Those of 8 groups that may hold a centroid within reach; entering a cell of small mass moves its centroid, hence the factors.
    private uint Near(ReadOnlySpan<float> lower, int group, float reach, float[]? entryFactors)
    {
        var within = Vector256.Create(reach);
        if (entryFactors is not null) within *= Vector256.Create(entryFactors.AsSpan(group));
        var near = Vector256.LessThanOrEqual(Vector256.Create(lower[group..]), within).ExtractMostSignificantBits();
        return group + 8 > _bounds!.Groups ? near & ((1u << (_bounds.Groups - group)) - 1) : near;
    }

    private void Resolve(int row)
    {
        var sample = _block.Source(row);
        var (norm, error) = (_samples.SquaredNorms[sample], _panels.ErrorFor(_samples.SquaredNorms[sample]));
        var least = Least(row);
        var place = OnlyPlaceWithin(row, RoundUp(least + 2 * error));
        var upper = least + norm + error;
        if (place < 0) (place, upper) = Decide(row, sample, RoundUp(least + 2 * error));
        search.Labels[sample] = _panels.Order[place];
        if (_bounds is not null) Remember(row, sample, place, upper, norm - error);
    }

    private void ResolveProposal(int row)
    {
        var sample = _block.Source(row);
        var (norm, error, w) = (_samples.SquaredNorms[sample], _panels.ErrorFor(_samples.SquaredNorms[sample]), _samples.Source.WeightOf(sample));
        var place = _panels.PlaceOf(search.Labels[sample]);
        var own = _block.Scores(row)[place] + norm;
        if (_bounds is not null) Remember(row, sample, place, own + error, norm - error);
        _block.Scores(row)[place] = float.PositiveInfinity;
        var mass = _panels.MassOf(search.Labels[sample]);
        var (cost, to) = CheapestEntry(row, (float)norm, (float)w);
        if (to >= 0 && cost < (own + error) * mass / (mass - w) + error) search.Proposals[sample] = _panels.Order[to];
    }

    private float Least(int row)
    {
        var scores = _block.Scores(row);
        var least = Vector256.Create(float.PositiveInfinity);
        for (var p = 0; p < _panels.PanelCount; p++)
            if (_block.Asked(row, p)) least = Vector256.MinNative(least, PanelLeast(scores + p * ProductKernel.PanelWidth));
        return LeastOf(least);
    }

    // The only place whose score is at most the limit; -1 where there are several.
    private int OnlyPlaceWithin(int row, float limit)
    {
        var found = -1;
        for (var p = 0; p < _panels.PanelCount; p++)
        {
            if (!_block.Asked(row, p)) continue;
            var within = Within(_block.Scores(row) + p * ProductKernel.PanelWidth, limit);
            if (within == 0) continue;
            if (found >= 0 || (within & (within - 1)) != 0) return -1;
            found = p * ProductKernel.PanelWidth + BitOperations.TrailingZeroCount(within);
        }
        return found;
    }

    // Float64 distances, ties by lowest index.
    private (int Place, double SquaredDistance) Decide(int row, int sample, float limit)
    {
        Decisions++;
        _samples.Source.Read(sample, 0, _row);
        var (best, least) = (-1, double.PositiveInfinity);
        for (var place = 0; place < _panels.Count; place++)
        {
            if (!_block.Asked(row, place / ProductKernel.PanelWidth) || !(_block.Scores(row)[place] <= limit)) continue;
            var distance = DistanceKernel.SquaredDistance(_row, search.Centroids.AsSpan(_panels.Order[place] * _samples.Dimension, _samples.Dimension));
            if (best < 0 || distance < least || (distance == least && _panels.Order[place] < _panels.Order[best])) (best, least) = (place, distance);
        }
        return (best, least * (1 + 1e-9));
    }

    private void Remember(int row, int sample, int place, double upper, double normLess)
    {
        var scores = _block.Scores(row);
        var own = scores[place];
        scores[place] = float.PositiveInfinity;
        _bounds!.Upper(sample) = SearchBounds.RootFromAbove(upper);
        var lower = _bounds.Lower(sample);
        if (_bounds.Kind == BoundKind.One) RememberOne(row, ref lower[0], normLess);
        else RememberPanels(row, lower, normLess);
        scores[place] = own;
    }

    // Where only the sample's own panel was scored, the old bound still holds for the others.
    private void RememberOne(int row, ref float lower, double normLess)
    {
        var least = SearchBounds.RootFromBelow(Least(row) + normLess);
        lower = _block.AskedAll(row) ? least : Math.Min(lower, least);
    }

    private void RememberPanels(int row, Span<float> lower, double normLess)
    {
        for (var p = 0; p < _panels.PanelCount; p++) _least[p] = _block.Asked(row, p) ? LeastOf(PanelLeast(_block.Scores(row) + p * ProductKernel.PanelWidth)) : float.NaN;
        // One more rounding of a sum of this size.
        SearchBounds.RootsFromBelow(_least, RoundDown(normLess - 2e-7 * (Math.Abs(normLess) + _panels.LargestNorm * _panels.LargestNorm)));
        for (var p = 0; p < _panels.PanelCount; p++)
            if (!float.IsNaN(_least[p])) lower[p] = _least[p];
    }

    // The place with the least m / (m + w) |x - c|^2, the first at a tie.
    private (float Cost, int Place) CheapestEntry(int row, float norm, float w)
    {
        var (cost, place) = (float.PositiveInfinity, -1);
        var scores = _block.Scores(row);
        for (var p = 0; p < _panels.PanelCount; p++)
        {
            if (!_block.Asked(row, p)) continue;
            for (var half = p * ProductKernel.PanelWidth; half < (p + 1) * ProductKernel.PanelWidth; half += 8)
            {
                var masses = Vector256.Load(_panels.Masses + half);
                var costs = (Vector256.Load(scores + half) + Vector256.Create(norm)) * (masses / (masses + Vector256.Create(w)));
                if (!Vector256.LessThanAny(costs, Vector256.Create(cost))) continue;
                for (var lane = 0; lane < 8; lane++)
                    if (costs[lane] < cost) (cost, place) = (costs[lane], half + lane);
            }
        }
        return (cost, place);
    }

    private static float RoundUp(double value) => MathF.BitIncrement((float)value);

    private static float RoundDown(double value) => MathF.BitDecrement((float)value);

    private static Vector256<float> PanelLeast(float* scores) => Vector256.MinNative(Vector256.Load(scores), Vector256.Load(scores + 8));

    private static float LeastOf(Vector256<float> v)
    {
        var four = Vector128.MinNative(v.GetLower(), v.GetUpper());
        four = Vector128.MinNative(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MinNative(four, Vector128.Shuffle(four, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    private static uint Within(float* scores, float limit)
    {
        var bound = Vector256.Create(limit);
        return Vector256.LessThanOrEqual(Vector256.Load(scores), bound).ExtractMostSignificantBits()
            | (Vector256.LessThanOrEqual(Vector256.Load(scores + 8), bound).ExtractMostSignificantBits() << 8);
    }
}

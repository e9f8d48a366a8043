using System.Numerics;
using System.Runtime.Intrinsics;

namespace Ddoq.Quantization;

/// <summary>One thread's share of a <see cref="NearestSearch"/>: block by block, collect the samples whose bounds do not settle them, score them, resolve.</summary>
internal abstract unsafe class SearchWorker
{
    private readonly NearestSearch _search;
    private readonly double[] _sample;
    private readonly int[] _candidates;
    private int _candidateCount;
    private int _decided = -1;

    protected SearchWorker(NearestSearch search, SearchSpace space)
    {
        (_search, Space, Block) = (search, space, new ScoreBlock(space.Rows, space.Panels));
        (_sample, _candidates) = (new double[search.Samples.Dimension], new int[space.Panels.Width]);
    }

    public long ScoresComputed => Block.Computed;

    /// <summary>Samples for which float64 had to decide.</summary>
    public long Decisions { get; private set; }

    protected SearchSpace Space { get; }

    protected ScoreBlock Block { get; }

    protected CentroidPanels Panels => Space.Panels;

    protected int[] Labels => _search.Labels;

    protected int[] Proposals => _search.Proposals;

    /// <summary>Finds the labels of samples [start, end), at most a block.</summary>
    public abstract void Find(int start, int end);

    /// <summary>Finds the proposals of samples [start, end), at most a block.</summary>
    public void Propose(int start, int end)
    {
        Block.Clear();
        for (var i = start; i < end; i++)
        {
            Proposals[i] = -1;
            if (LeavingFactor(i) is { } factor) Collect(i, factor, Panels.EntryFactors);
            else Widen(i);
        }
        Block.Compute();
        ExtendProposals();
        for (var r = 0; r < Block.Count; r++) ResolveProposal(r);
    }

    // Asks for the scores of what may lie within reach of a sample, its bounds stretched; entering a cell of small mass moves its centroid, hence the factors.
    protected abstract void Collect(int sample, float stretch, float[]? entryFactors);

    // For a sample that needs no score: its bounds must see every move.
    protected abstract void Widen(int sample);

    // A second round of scores, where the first one makes the reach known.
    protected virtual void ExtendProposals()
    {
    }

    protected abstract void ResolveProposal(int row);

    protected double SquaredNorm(int sample) => _search.Samples.SquaredNorms[sample];

    protected double WeightOf(int sample) => _search.Samples.Source.WeightOf(sample);

    // The root of m / (m - w): leaving a small cell moves its centroid far. Null for a sample that cannot leave.
    protected float? LeavingFactor(int sample)
    {
        var (w, own) = (WeightOf(sample), Panels.MassOf(Labels[sample]));
        return w > 0 && own > w * (1 + 1e-9) ? (float)Math.Sqrt(own / (own - w)) * (1 + 1e-6f) : null;
    }

    // m / (m - w) and m / (m + w): what a squared distance counts for a sample that leaves its cell, or enters one.
    protected double Leaving(int sample)
    {
        var (w, own) = (WeightOf(sample), Panels.MassOf(Labels[sample]));
        return own / (own - w);
    }

    protected double Entering(int sample, int place) => Panels.Masses[place] / (Panels.Masses[place] + WeightOf(sample));

    // Those of 8 groups that may hold a centroid within reach; entering a cell of small mass moves its centroid, hence the factors.
    protected uint Near(ReadOnlySpan<float> lower, int group, float reach, float[]? entryFactors)
    {
        var within = Vector256.Create(reach);
        if (entryFactors is not null) within *= Vector256.Create(entryFactors.AsSpan(group));
        var near = Vector256.LessThanOrEqual(Vector256.Create(lower[group..]), within).ExtractMostSignificantBits();
        return group + 8 > Space.Bounds!.Groups ? near & ((1u << (Space.Bounds.Groups - group)) - 1) : near;
    }

    protected float Least(int row)
    {
        var scores = Block.Scores(row);
        var least = Vector256.Create(float.PositiveInfinity);
        if (Block.HasAll)
            for (var p = 0; p < Panels.Width; p += ProductKernel.PanelWidth) least = Vector256.MinNative(least, PanelLeast(scores + p));
        else
            foreach (var p in Block.Asked(row)) least = Vector256.MinNative(least, PanelLeast(scores + p * ProductKernel.PanelWidth));
        return LeastOf(least);
    }

    /// <summary>The only place whose score is at most the limit; -1 where there are several.</summary>
    protected int OnlyWithin(int row, float limit)
    {
        var scores = Block.Scores(row);
        var found = -1;
        if (Block.HasAll && Panels.PanelCount == 1)
        {
            var within = Within(scores, limit);
            return BitOperations.IsPow2(within) ? BitOperations.TrailingZeroCount(within) : -1;
        }
        foreach (var p in Block.Asked(row))
        {
            var within = Within(scores + p * ProductKernel.PanelWidth, limit);
            if (within == 0) continue;
            if (found >= 0 || (within & (within - 1)) != 0) return -1;
            found = p * ProductKernel.PanelWidth + BitOperations.TrailingZeroCount(within);
        }
        return found;
    }

    /// <summary>Notes as candidates the places whose score is at most the limit.</summary>
    protected int CollectWithin(int row, float limit)
    {
        _candidateCount = 0;
        var scores = Block.Scores(row);
        foreach (var p in Block.Asked(row))
        {
            for (var within = Within(scores + p * ProductKernel.PanelWidth, limit); within != 0; within &= within - 1)
                _candidates[_candidateCount++] = p * ProductKernel.PanelWidth + BitOperations.TrailingZeroCount(within);
        }
        return _candidateCount;
    }

    /// <summary>The same for places whose cost of entering, (score + |a|^2) m / (m + w), is at most the limit.</summary>
    protected int CollectEntries(int row, double norm, double limit)
    {
        _candidateCount = 0;
        var bound = Vector256.Create(RoundUp(limit));
        foreach (var p in Block.Asked(row))
        {
            var first = p * ProductKernel.PanelWidth;
            var within = Vector256.LessThanOrEqual(Entries(row, first, norm), bound).ExtractMostSignificantBits() | (Vector256.LessThanOrEqual(Entries(row, first + 8, norm), bound).ExtractMostSignificantBits() << 8);
            for (; within != 0; within &= within - 1) _candidates[_candidateCount++] = first + BitOperations.TrailingZeroCount(within);
        }
        return _candidateCount;
    }

    protected float LeastEntry(int row, double norm)
    {
        var least = Vector256.Create(float.PositiveInfinity);
        foreach (var p in Block.Asked(row))
            least = Vector256.MinNumber(least, Vector256.MinNumber(Entries(row, p * ProductKernel.PanelWidth, norm), Entries(row, p * ProductKernel.PanelWidth + 8, norm)));
        return LeastOf(least);
    }

    protected float LeastOfPanel(int row, int panel) => LeastOf(PanelLeast(Block.Scores(row) + panel * ProductKernel.PanelWidth));

    protected ReadOnlySpan<int> Candidates => _candidates.AsSpan(0, _candidateCount);

    /// <summary>Float64 distances, the likeliest candidates first, ties by lowest index; where a distance is known, it takes the place of the score.</summary>
    /// <param name="row">Row of the block, its candidates collected.</param>
    /// <param name="from">A place and its squared distance to begin with, or -1 and infinity.</param>
    /// <param name="error">Of the scores.</param>
    protected (int Place, double SquaredDistance) Nearest(int row, (int Place, double SquaredDistance) from, double error)
    {
        var scores = Block.Scores(row);
        var sample = Block.Source(row);
        var (nearest, norm) = (from, SquaredNorm(sample));
        while (TakeLeast(row) is >= 0 and var place && scores[place] <= RoundUp(nearest.SquaredDistance - norm + error))
        {
            var distance = SquaredDistance(sample, place);
            scores[place] = (float)(distance - norm + error);
            if (IsLess(distance, place, nearest)) nearest = (place, distance);
        }
        return nearest;
    }

    /// <summary>The same for the cost of entering a cell, |x - c|^2 m / (m + w); scores stay.</summary>
    protected (int Place, double Cost) CheapestEntry(int row)
    {
        var (sample, cheapest) = (Block.Source(row), (Place: -1, Cost: double.PositiveInfinity));
        foreach (var place in Candidates)
        {
            var distance = SquaredDistance(sample, place);
            var cost = distance * Entering(sample, place);
            if (IsLess(cost, place, cheapest)) cheapest = (place, cost);
        }
        return cheapest;
    }

    protected double SquaredDistance(int sample, int place)
    {
        var samples = _search.Samples;
        if (_decided != sample) (_decided, Decisions) = (sample, Decisions + 1);
        return samples.Source.SquaredDistance(sample, _search.Centroids.AsSpan(Panels.Order[place] * samples.Dimension, samples.Dimension), _sample);
    }

    /// <summary>What is added to the least score of a panel before <see cref="SearchBounds.RootFromBelow(float)"/>: |a|^2 less the scores' error and one more rounding of a sum of this size.</summary>
    protected float OffsetFor(double norm, double error) => RoundDown(norm - error - 2e-7 * (norm + Panels.LargestNorm * Panels.LargestNorm));

    protected static float RoundUp(double value) => MathF.BitIncrement((float)value);

    protected static float RoundDown(double value) => MathF.BitDecrement((float)value);

    // NaN where there is no centroid.
    private Vector256<float> Entries(int row, int half, double norm)
    {
        var masses = Vector256.Load(Panels.Masses + half);
        return (Vector256.Load(Block.Scores(row) + half) + Vector256.Create((float)norm)) * (masses / (masses + Vector256.Create((float)WeightOf(Block.Source(row)))));
    }

    /// <summary>Takes the candidate with the least score; -1 if there is none.</summary>
    protected int TakeLeast(int row)
    {
        var scores = Block.Scores(row);
        if (_candidateCount == 0) return -1;
        var least = 0;
        for (var c = 1; c < _candidateCount; c++)
            if (scores[_candidates[c]] < scores[_candidates[least]]) least = c;
        var place = _candidates[least];
        _candidates[least] = _candidates[--_candidateCount];
        return place;
    }

    protected bool IsLess(double value, int place, (int Place, double Value) than) =>
        value < than.Value || (value == than.Value && (than.Place < 0 || Panels.Order[place] < Panels.Order[than.Place]));

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

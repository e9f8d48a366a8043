namespace Ddoq.Quantization;

/// <summary>Scores over all dimensions: they settle a sample unless several centroids lie within their error.</summary>
internal sealed unsafe class ScoreWorker(NearestSearch search, SearchSpace space) : SearchWorker(search, space)
{
    /// <inheritdoc />
    public override void Find(int start, int end)
    {
        if (Space.Bounds is null) Block.AskAll(start, end);
        else CollectNear(start, end);
        Block.Compute();
        for (var r = 0; r < Block.Count; r++) Resolve(r);
    }

    private void CollectNear(int start, int end)
    {
        Block.Clear();
        for (var i = start; i < end; i++) Collect(i, 1, null);
        Block.Compute();
        for (var r = 0; r < Block.Count; r++) Extend(r, DistanceToOwnPanel(r), null);
    }

    /// <summary>Finds the labels of at most a block of samples, from nothing.</summary>
    public void Find(ReadOnlySpan<int> rows)
    {
        Block.Clear();
        foreach (var i in rows) Block.AskAll(Block.Add(i));
        Block.Compute();
        for (var r = 0; r < Block.Count; r++) Resolve(r);
    }

    /// <inheritdoc />
    protected override void Widen(int sample) => Space.Bounds?.Widen(sample, Labels[sample]);

    /// <inheritdoc />
    protected override void ExtendProposals()
    {
        for (var r = 0; r < Block.Count; r++) Extend(r, DistanceToOwn(r) * LeavingFactor(Block.Source(r))!.Value, Panels.EntryFactors);
        Block.Compute();
    }

    // First the panel of the sample's own centroid, if any other may be near enough: it makes the upper bound tight and holds the likeliest rivals. Where most panels
    // may be near, a tight bound would leave many: all at once, which the product kernel does best.
    protected override void Collect(int sample, float stretch, float[]? entryFactors)
    {
        var label = Labels[sample];
        if (Space.Bounds is null || label < 0)
        {
            Block.AskAll(Block.Add(sample));
            return;
        }
        var lower = Space.Bounds.Widen(sample, label);
        var reach = Space.Bounds.Upper(sample) * stretch;
        var near = 0;
        for (var g = 0; g < lower.Length; g += 8) near += System.Numerics.BitOperations.PopCount(Near(lower, g, reach, entryFactors));
        if (near == 0) return;
        var row = Block.Add(sample);
        if (2 * near > Space.Bounds.Groups && Space.Bounds.Kind != BoundKind.One) Block.AskAll(row);
        else Block.Ask(row, Panels.PlaceOf(label) / ProductKernel.PanelWidth);
    }

    // Then the other panels that may hold a centroid within reach.
    private void Extend(int row, float reach, float[]? entryFactors)
    {
        if (Space.Bounds is null) return;
        var lower = Space.Bounds.Lower(Block.Source(row));
        for (var g = 0; g < lower.Length; g += 8)
            for (var near = Near(lower, g, reach, entryFactors); near != 0; near &= near - 1)
                if (Space.Bounds.Kind == BoundKind.One) Block.AskAll(row);
                else Block.Ask(row, g + System.Numerics.BitOperations.TrailingZeroCount(near));
    }

    private float DistanceToOwnPanel(int row) => OwnPlace(row) is { } own ? Distance(row, LeastOfPanel(row, own / ProductKernel.PanelWidth)) : 0;

    private float DistanceToOwn(int row) => OwnPlace(row) is { } own ? Distance(row, Block.Scores(row)[own]) : 0;

    private int? OwnPlace(int row) => Labels[Block.Source(row)] is >= 0 and var label ? Panels.PlaceOf(label) : null;

    // From above.
    private float Distance(int row, double score)
    {
        var norm = SquaredNorm(Block.Source(row));
        return SearchBounds.RootFromAbove(score + norm + Space.ErrorFor(norm));
    }

    private void Resolve(int row)
    {
        var sample = Block.Source(row);
        var norm = SquaredNorm(sample);
        var (least, error) = (Least(row), Space.ErrorFor(norm));
        var upper = least + norm + error;
        var place = OnlyWithin(row, RoundUp(least + 2 * error));
        if (place < 0) (place, upper) = Decide(row, least, error);
        Labels[sample] = Panels.Order[place];
        if (Space.Bounds is not null) Remember(row, place, upper);
    }

    private (int Place, double SquaredDistance) Decide(int row, float least, double error)
    {
        CollectWithin(row, RoundUp(least + 2 * error));
        var (place, distance) = Nearest(row, (-1, double.PositiveInfinity), error);
        return (place, distance * (1 + 1e-9));
    }

    protected override void ResolveProposal(int row)
    {
        var sample = Block.Source(row);
        var (norm, error) = (SquaredNorm(sample), Space.ErrorFor(SquaredNorm(sample)));
        var place = Panels.PlaceOf(Labels[sample]);
        var own = Block.Scores(row)[place] + norm;
        if (Space.Bounds is not null) Remember(row, place, own + error);
        Block.Scores(row)[place] = float.PositiveInfinity;
        // The cost of entering has the error of the score, or less, and some roundings of its own.
        error += 1e-6 * (norm + Panels.LargestNorm * Panels.LargestNorm);
        if (CollectEntries(row, norm, Math.Min(LeastEntry(row, norm) + 2 * error, (own + error) * Leaving(sample) + error)) == 0) return;
        var (to, cost) = CheapestEntry(row);
        if (cost < SquaredDistance(sample, place) * Leaving(sample)) Proposals[sample] = Panels.Order[to];
    }

    private void Remember(int row, int place, double upper)
    {
        var (sample, bounds) = (Block.Source(row), Space.Bounds!);
        bounds.Upper(sample) = SearchBounds.RootFromAbove(upper);
        var lower = bounds.Lower(sample);
        var offset = OffsetFor(SquaredNorm(sample), Space.ErrorFor(SquaredNorm(sample)));
        // The sample's own centroid counts for no lower bound.
        ref var score = ref Block.Scores(row)[place];
        var own = score;
        score = float.PositiveInfinity;
        if (bounds.Kind == BoundKind.One) lower[0] = RememberOne(row, lower[0], offset);
        else
            foreach (var p in Block.Asked(row)) lower[p] = SearchBounds.RootFromBelow(LeastOfPanel(row, p) + offset);
        score = own;
    }

    // Where only the sample's own panel was scored, the old bound still holds for the others.
    private float RememberOne(int row, float lower, float offset)
    {
        var found = SearchBounds.RootFromBelow(Least(row) + offset);
        return Block.AskedAll(row) ? found : Math.Min(lower, found);
    }
}

namespace Ddoq.Quantization;

/// <summary>
/// Nearest centroid of every sample, again and again while centroids move. Exact: float32 scores with a proven error bound leave, almost always, one possible
/// centroid; where they leave several, float64 distances decide, ties by lowest index. Between searches a sample keeps an upper bound of the distance to its
/// centroid and, for each panel of 16, a lower bound of the distance to the others (Hamerly 2010; Ding et al. 2015); panels that did not come near enough need not
/// be looked at. In many dimensions lower bounds come from a <see cref="Sketch"/>. So labels equal those of an exhaustive search in float64, whatever the bounds,
/// the processor or the number of threads.
/// </summary>
internal sealed class NearestSearch
{
    private readonly Action<SearchWorker, int, int> _search = (worker, start, end) => worker.Find(start, end);
    private readonly Action<SearchWorker, int, int> _propose = (worker, start, end) => worker.Propose(start, end);
    private readonly BoundKind? _bounds;
    private Workers<SearchWorker>? _workers;
    private SearchSpace? _space;

    /// <param name="samples">Samples.</param>
    /// <param name="bounds">What is remembered between searches; null chooses by the work that it can save.</param>
    public NearestSearch(CentredSamples samples, BoundKind? bounds = null)
    {
        (Samples, _bounds) = (samples, bounds);
        Labels = new int[samples.Count];
        Array.Fill(Labels, -1);
    }

    /// <summary>Nearest centroid of each sample, N; -1 before the first search.</summary>
    public int[] Labels { get; }

    /// <summary>Scores computed so far, of which an exhaustive search needs N x K: what the bounds save. In a sketch they are cheaper than elsewhere.</summary>
    public long ScoresComputed => _workers?.All.Sum(w => w.ScoresComputed) ?? 0;

    /// <summary>Samples so far for which float64 had to decide.</summary>
    public long Decisions => _workers?.All.Sum(w => w.Decisions) ?? 0;

    /// <summary>Whether the search looks into a sketch first; known after the first one.</summary>
    public bool UsesSketch => _space?.Sketch is not null;

    internal CentredSamples Samples { get; }

    /// <summary>Positions of the last search, K x D; none before it.</summary>
    internal double[] Centroids => _space?.Centroids ?? [];

    /// <summary>Finds the nearest of these centroids for every sample.</summary>
    /// <param name="centroids">K x D; copied.</param>
    public void Run(double[] centroids) => Take(centroids).Run(Samples.Count, ScoreBlock.Rows, _search);

    /// <summary>Finds the nearest of these centroids for some samples; the other labels stay as they are. Only for a search without bounds.</summary>
    /// <param name="centroids">K x D; copied.</param>
    /// <param name="rows">The samples.</param>
    public void Run(double[] centroids, ReadOnlyMemory<int> rows)
    {
        if (_bounds != BoundKind.None) throw new InvalidOperationException("bounds must see every move.");
        Take(centroids).Run(rows.Length, ScoreBlock.Rows, (worker, start, end) => ((ScoreWorker)worker).Find(rows.Span[start..end]));
    }

    /// <summary>
    /// For every sample the cell, if any, to which it should move alone so that the distortion falls (Hartigan 1975): leaving cell a saves
    /// m_a w / (m_a - w) |x - c_a|^2, entering b costs m_b w / (m_b + w) |x - c_b|^2; the cheapest cell, ties by lowest index.
    /// </summary>
    /// <param name="centroids">K x D, the means of the cells that <see cref="Labels"/> say.</param>
    /// <param name="masses">Mass of each cell, K.</param>
    /// <param name="proposals">N, overwritten: the cell to move to, or -1.</param>
    public void Propose(double[] centroids, double[] masses, int[] proposals)
    {
        var workers = Take(centroids);
        _space!.Panels.Weigh(masses, Samples.Source.LargestWeight);
        Proposals = proposals;
        workers.Run(Samples.Count, ScoreBlock.Rows, _propose);
    }

    /// <summary>Gives a sample another label without a search.</summary>
    public void Reassign(int sample, int label)
    {
        Labels[sample] = label;
        _space?.Forget(sample);
    }

    internal int[] Proposals { get; private set; } = [];

    private Workers<SearchWorker> Take(double[] centroids)
    {
        if (_workers is null) return _workers = Prepare(centroids);
        _space!.Take(centroids);
        return _workers;
    }

    private Workers<SearchWorker> Prepare(double[] centroids)
    {
        var space = _space = new SearchSpace(Samples, centroids, _bounds);
        return new Workers<SearchWorker>(Samples.Threads, () => space.Sketch is null ? new ScoreWorker(this, space) : new SketchWorker(this, space));
    }
}

namespace Ddoq.Quantization;

/// <summary>
/// Nearest centroid of every sample, again and again while centroids move. Exact: float32 scores with a proven error bound leave, almost always, one possible
/// centroid; where they leave several, float64 distances decide, ties by lowest index. Between searches a sample keeps an upper bound of the distance to its
/// centroid and, for each panel of 16, a lower bound of the distance to the others (Hamerly 2010; Ding et al. 2015); panels that did not come near enough need not
/// be looked at. So labels equal those of an exhaustive search in float64, whatever the bounds, the processor or the number of threads.
/// </summary>
internal sealed class NearestSearch
{
    // Products per sample and lane below which keeping bounds takes longer than an exhaustive search.
    private const int CheapRow = 128;

    private readonly Workers<SearchWorker> _workers;
    private readonly Action<SearchWorker, int, int> _search = (worker, start, end) => worker.Search(start, end);
    private readonly Action<SearchWorker, int, int> _propose = (worker, start, end) => worker.Propose(start, end);
    private bool _first = true;

    /// <param name="samples">Samples.</param>
    /// <param name="count">K.</param>
    /// <param name="bounds">What is remembered between searches; null chooses by the work that it can save.</param>
    public NearestSearch(CentredSamples samples, int count, BoundKind? bounds = null)
    {
        Samples = samples;
        Labels = new int[samples.Count];
        Array.Fill(Labels, -1);
        Panels = new CentroidPanels(count, samples.Dimension, samples.Threads);
        var kind = bounds ?? (Panels.PanelCount * samples.Dimension < CheapRow ? BoundKind.None : BoundKind.Panels);
        Bounds = kind == BoundKind.None ? null : new SearchBounds(samples.Count, Panels, kind);
        Centroids = new double[checked(count * samples.Dimension)];
        _workers = new Workers<SearchWorker>(samples.Threads, () => new SearchWorker(this));
    }

    /// <summary>Nearest centroid of each sample, N; -1 before the first search.</summary>
    public int[] Labels { get; }

    /// <summary>Scores computed so far, of which an exhaustive search needs N x K: what the bounds save.</summary>
    public long ScoresComputed => _workers.All.Sum(w => w.ScoresComputed);

    /// <summary>Samples so far for which float64 had to decide.</summary>
    public long Decisions => _workers.All.Sum(w => w.Decisions);

    internal CentredSamples Samples { get; }

    internal CentroidPanels Panels { get; }

    internal SearchBounds? Bounds { get; }

    /// <summary>Positions of the last search, K x D.</summary>
    internal double[] Centroids { get; }

    /// <summary>Finds the nearest of these centroids for every sample.</summary>
    /// <param name="centroids">K x D; copied.</param>
    public void Run(double[] centroids)
    {
        Take(centroids);
        _workers.Run(Samples.Count, ScoreBlock.Rows, _search);
    }

    /// <summary>Finds the nearest of these centroids for some samples; the other labels stay as they are. Only for a search without bounds.</summary>
    /// <param name="centroids">K x D; copied.</param>
    /// <param name="rows">The samples.</param>
    public void Run(double[] centroids, ReadOnlyMemory<int> rows)
    {
        if (Bounds is not null) throw new InvalidOperationException("bounds must see every move.");
        Take(centroids);
        _workers.Run(rows.Length, ScoreBlock.Rows, (worker, start, end) => worker.Search(rows.Span[start..end]));
    }

    /// <summary>
    /// For every sample the cell, if any, to which it should move alone so that the distortion falls (Hartigan 1975), as far as scores tell: leaving cell a saves
    /// m_a w / (m_a - w) |x - c_a|^2, entering b costs m_b w / (m_b + w) |x - c_b|^2.
    /// </summary>
    /// <param name="centroids">K x D, the means of the cells that <see cref="Labels"/> say.</param>
    /// <param name="masses">Mass of each cell, K.</param>
    /// <param name="proposals">N, overwritten: the cell to move to, or -1.</param>
    public void Propose(double[] centroids, double[] masses, int[] proposals)
    {
        Take(centroids);
        Panels.Weigh(masses, Samples.Source.LargestWeight);
        Proposals = proposals;
        _workers.Run(Samples.Count, ScoreBlock.Rows, _propose);
    }

    /// <summary>Gives a sample another label without a search.</summary>
    public void Reassign(int sample, int label)
    {
        Labels[sample] = label;
        Bounds?.Forget(sample);
    }

    internal int[] Proposals { get; private set; } = [];

    private void Take(double[] centroids)
    {
        if (!_first) Bounds?.Move(Centroids, centroids, Samples.Threads);
        else if (Bounds is { Groups: > 1 }) Panels.Arrange(centroids);
        _first = false;
        centroids.CopyTo(Centroids);
        Panels.Pack(centroids, Samples.Shift);
    }
}

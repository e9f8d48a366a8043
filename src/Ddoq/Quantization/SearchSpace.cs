namespace Ddoq.Quantization;

/// <summary>Where a search looks: centroids ready for the product kernel, in all dimensions or in a sketch, and what is remembered of each sample.</summary>
internal sealed class SearchSpace
{
    // Products per sample and lane below which keeping bounds takes longer than an exhaustive search.
    private const int CheapRow = 128;

    private readonly CentredSamples _samples;
    private readonly IRows _positions;

    /// <param name="samples">Samples.</param>
    /// <param name="centroids">First positions, K x D; copied.</param>
    /// <param name="kind">What is remembered; null chooses by the work that it can save.</param>
    public SearchSpace(CentredSamples samples, double[] centroids, BoundKind? kind)
    {
        (_samples, Centroids) = (samples, (double[])centroids.Clone());
        var count = centroids.Length / samples.Dimension;
        if (kind is null && (count + ProductKernel.PanelWidth - 1) / ProductKernel.PanelWidth * samples.Dimension < CheapRow) kind = BoundKind.None;
        if (kind is null or BoundKind.Sketch) Sketch = Sketch.Of(samples, Centroids, always: kind is not null);
        _positions = Sketch is null ? new MovedPoints(Centroids, samples.Shift) : Sketch.Centroids;
        Panels = new CentroidPanels(count, _positions.Dimension, samples.Threads);
        if (kind != BoundKind.None) Bounds = new SearchBounds(samples.Count, Panels, kind ?? BoundKind.Panels);
        if (Sketch is not null) (Rivals, Distances) = (new Rivals(samples.Count), QuickDistances.Of(samples, Centroids));
        if (Bounds is { Groups: > 1 }) Panels.Arrange(_positions);
        Panels.Pack(_positions);
    }

    /// <summary>Positions of the last search, K x D.</summary>
    public double[] Centroids { get; }

    /// <summary>The centroids for the product kernel.</summary>
    public CentroidPanels Panels { get; }

    /// <summary>What is remembered between searches.</summary>
    public SearchBounds? Bounds { get; }

    /// <summary>The sketch, if the search looks there first.</summary>
    public Sketch? Sketch { get; }

    /// <summary>What is remembered beside the bounds where the search uses a sketch.</summary>
    public Rivals? Rivals { get; }

    /// <summary>The distances that a sketch leaves to compute.</summary>
    public QuickDistances? Distances { get; }

    /// <summary>The samples in this space.</summary>
    public IRows Rows => Sketch is null ? _samples : Sketch.Samples;

    /// <summary>Takes new positions, K x D; bounds will widen by the way from the last ones.</summary>
    public void Take(double[] centroids)
    {
        Bounds?.Move(Centroids, centroids, _samples.Threads);
        centroids.CopyTo(Centroids);
        Sketch?.Take(Bounds!.HasMoved);
        Distances?.Take(Bounds!.HasMoved);
        Panels.Pack(_positions);
    }

    /// <summary>Makes the next search look at all centroids for this sample.</summary>
    public void Forget(int sample)
    {
        Bounds?.Forget(sample);
        Rivals?.Forget(sample);
    }

    /// <summary>By how much |b|^2 - 2ab + |a|^2 in this space may differ from the squared distance, in a sketch only upwards.</summary>
    /// <param name="squaredNorm">|a|^2 of the sample.</param>
    public double ErrorFor(double squaredNorm) => Sketch is null ? Panels.ErrorFor(squaredNorm) : Sketch.ErrorFor(squaredNorm, Panels);
}

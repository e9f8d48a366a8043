namespace Ddoq.Quantization;

/// <summary>What is particular to mini-batch k-means. Values check themselves when set.</summary>
public sealed record MiniBatchOptions
{
    private const int LeastBatch = 1024;
    private const int BatchesToStartFrom = 3;

    /// <summary>Samples per batch, from 1 up; 0, the default, leaves it to <see cref="SamplesPerCentroid"/>. A class with fewer samples is one batch.</summary>
    public int BatchSize { get; init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "a batch has at least one sample; 0 asks for the default."); }

    /// <summary>Samples per batch over K, from 1 up; 0, the default, asks for batches of the larger of 1,024 and 10 K samples.</summary>
    public int SamplesPerCentroid { get; init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "a batch has at least one sample per centroid; 0 asks for the default."); }

    /// <summary>Order of the samples. Default: shuffled.</summary>
    public SampleOrder Order { get; init; } = SampleOrder.Shuffled;

    /// <summary>
    /// A centroid whose count is below this share of the largest count is put on a random sample of the batch, now and then, as scikit-learn does; its count becomes that
    /// of the smallest other cell, so that counts no longer say what was learned. In [0, 1); 0, the default, never does it.
    /// </summary>
    public double ReassignmentRatio { get; init => field = value is >= 0 and < 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "a share lies in [0, 1)."); }

    /// <summary>Whether the start is chosen among the samples of the first batch. Default: false, among three batches.</summary>
    public bool StartFromFirstBatch { get; init; }

    /// <summary>Whether samples that fill no whole batch at the end of a pass are ignored while centroids are placed. Default: false.</summary>
    public bool DropLeftOver { get; init; }

    /// <summary>Whether a cell that ends empty gets the sample farthest from its own centroid. Default: true.</summary>
    public bool FillEmptyCells { get; init; } = true;

    /// <summary>
    /// The quirks of the prototypes of D4M (Su et al. 2024) as published code makes them: batches of <paramref name="expansion"/> times K samples in data order, the first
    /// of which also gives the start, a reassignment ratio of 0.01, and samples that fill no batch dropped. With an expansion of 1 the first K samples are the start.
    /// </summary>
    /// <param name="expansion">Batch size over K, from 1 up. The published default is 10.</param>
    public static MiniBatchOptions D4m(int expansion = 10)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(expansion);
        return new()
        {
            SamplesPerCentroid = expansion,
            Order = SampleOrder.AsStored,
            ReassignmentRatio = 0.01,
            StartFromFirstBatch = true,
            DropLeftOver = true,
            FillEmptyCells = false,
        };
    }

    /// <summary>Samples per batch for K centroids.</summary>
    internal int BatchSizeFor(int centroids)
    {
        if (BatchSize > 0) return BatchSize;
        return (int)Math.Min(int.MaxValue, SamplesPerCentroid > 0 ? (long)SamplesPerCentroid * centroids : Math.Max(LeastBatch, 10L * centroids));
    }

    /// <summary>Samples among which the start is chosen.</summary>
    internal int StartSizeFor(int centroids)
    {
        var batch = BatchSizeFor(centroids);
        return StartFromFirstBatch ? batch : (int)Math.Min(int.MaxValue, (long)BatchesToStartFrom * Math.Max(batch, centroids));
    }
}

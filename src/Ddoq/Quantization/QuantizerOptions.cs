namespace Ddoq.Quantization;

/// <summary>Which algorithm places the centroids.</summary>
public enum QuantizerAlgorithm
{
    /// <summary>Lloyd's fixed point iteration on all samples: the default.</summary>
    Lloyd,

    /// <summary>Competitive learning vector quantization: stochastic gradient descent on the distortion, one sample at a time.</summary>
    Clvq,

    /// <summary>Mini-batch k-means: running means over batches.</summary>
    MiniBatch,

    /// <summary>Capacity-constrained k-means: the best points of equal weight.</summary>
    Balanced,
}

/// <summary>Where the centroids start.</summary>
public enum QuantizerInitialization
{
    /// <summary>
    /// k-means++ with 2 + ln K candidates per centroid, the best kept (as scikit-learn does by default). Among a part of the samples, see <see cref="QuantizerOptions.SeedingPool"/>;
    /// for 256 dimensions or more and 16 centroids or more, by distances in a random projection onto 128 directions.
    /// </summary>
    GreedyKMeansPlusPlus,

    /// <summary>k-means++ of Arthur and Vassilvitskii (2007), one candidate per centroid.</summary>
    KMeansPlusPlus,

    /// <summary>K different samples, uniformly at random.</summary>
    Random,

    /// <summary>The centroids of <see cref="QuantizerOptions.InitialCentroids"/>.</summary>
    Supplied,
}

/// <summary>Which masses a codebook carries.</summary>
public enum MassEstimate
{
    /// <summary>Voronoi masses of one exact final assignment pass: the default.</summary>
    FinalAssignment,

    /// <summary>The running masses of the stream, as published descriptions of the method keep them. CLVQ and mini-batch only; counts stay those of the final pass.</summary>
    Streaming,
}

/// <summary>How a class is quantized. Values check themselves when set.</summary>
public sealed record QuantizerOptions
{
    /// <summary>Centroids per class, K, from 1 up. Default: 10.</summary>
    public int ImagesPerClass { get; init => field = Positive(value); } = 10;

    /// <summary>Algorithm. Default: Lloyd.</summary>
    public QuantizerAlgorithm Algorithm { get; init; } = QuantizerAlgorithm.Lloyd;

    /// <summary>Start. Default: greedy k-means++.</summary>
    public QuantizerInitialization Initialization { get; init; } = QuantizerInitialization.GreedyKMeansPlusPlus;

    /// <summary>K x D start for <see cref="QuantizerInitialization.Supplied"/>; otherwise empty.</summary>
    public ReadOnlyMemory<float> InitialCentroids { get; init; }

    /// <summary>Steps of Lloyd and balanced at most, from 1 up. Default: 300.</summary>
    public int MaxIterations { get; init => field = Positive(value); } = 300;

    /// <summary>
    /// Lloyd and balanced stop when the squared shift of all centroids together is at most this times the mean variance of the coordinates
    /// (scikit-learn's rule); Lloyd also when no assignment changes. At least 0. Default: 1e-4.
    /// </summary>
    public double Tolerance
    {
        get;
        init => field = double.IsFinite(value) && value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Tolerance is a finite number of at least 0.");
    } = 1e-4;

    /// <summary>Runs from different starts, of which the one with the least distortion is kept, from 1 up. Default: 1.</summary>
    public int Restarts { get; init => field = Positive(value); } = 1;

    /// <summary>
    /// Whether Lloyd is followed by Hartigan's exchange of single samples, which lowers the distortion further, by much where cells are small and dimensions many.
    /// Default: true.
    /// </summary>
    public bool Exchange { get; init; } = true;

    /// <summary>Samples among which k-means++ draws, a random part of the class; 0 (default): the larger of 4,096 and 32 K. Lloyd uses all samples in any case.</summary>
    public int SeedingPool
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "SeedingPool is at least 0.");
    }

    /// <summary>
    /// Short runs from different draws of greedy k-means++, over the seeding pool alone, of which the best gives the start; 1 starts from the samples that the first
    /// draw took. 0 (default): 200 / K, from 1 to 8, because with few centroids the draw decides which optimum is reached; 1 for a single centroid, which has one.
    /// </summary>
    public int Trials
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Trials is at least 0.");
    }

    /// <summary>
    /// Whether greedy k-means++ starts from one short run over a smaller pool, the larger of 2,048 and 16 K samples, where <see cref="Trials"/> and
    /// <see cref="SeedingPool"/> leave it open. Default: false.
    /// </summary>
    public bool QuickStart { get; init; }

    /// <summary>Passes of CLVQ and mini-batch over the samples, from 1 up, each in a new order where it is shuffled. Default: 3.</summary>
    public int Passes { get; init => field = Positive(value); } = 3;

    /// <summary>Step size of CLVQ. Default: MacQueen's 1/n.</summary>
    public StepSize StepSize { get; init; } = StepSize.MacQueen();

    /// <summary>What is particular to mini-batch k-means. Default: no quirks.</summary>
    public MiniBatchOptions MiniBatch { get; init; } = new();

    /// <summary>How balanced k-means distributes the samples. Default: by size.</summary>
    public TransportMethod Transport { get; init; } = TransportMethod.Automatic;

    /// <summary>Masses of the codebook. Default: from the final assignment.</summary>
    public MassEstimate Masses { get; init; } = MassEstimate.FinalAssignment;

    /// <summary>
    /// Whether a class may end with fewer than K centroids: one with fewer samples than K keeps each sample as a centroid, and empty cells
    /// (fewer different samples than K) are dropped. Default: false, the former is an error and the latter stay with count and weight 0.
    /// </summary>
    public bool AllowFewer { get; init; }

    /// <summary>
    /// Prototypes as D4M's published code makes them: mini-batch k-means with <see cref="MiniBatchOptions.D4m"/>, one pass, and the running counts as weights.
    /// </summary>
    /// <param name="imagesPerClass">K, from 1 up.</param>
    /// <param name="expansion">Batch size over K, from 1 up. The published default is 10.</param>
    public static QuantizerOptions D4m(int imagesPerClass, int expansion = 10) => new()
    {
        ImagesPerClass = imagesPerClass,
        Algorithm = QuantizerAlgorithm.MiniBatch,
        Trials = 1,
        Passes = 1,
        Masses = MassEstimate.Streaming,
        MiniBatch = MiniBatchOptions.D4m(expansion),
    };

    /// <summary>Good points in little time: a quick start, then three Lloyd steps over all samples. Less distortion than a pass of mini-batch k-means.</summary>
    /// <param name="imagesPerClass">K, from 1 up.</param>
    public static QuantizerOptions Quick(int imagesPerClass) => new() { ImagesPerClass = imagesPerClass, QuickStart = true, MaxIterations = 3, Exchange = false };

    internal int SeedingPoolFor(int centroids) => SeedingPool > 0 ? SeedingPool : QuickStart ? Math.Max(2048, checked(16 * centroids)) : Math.Max(4096, checked(32 * centroids));

    // Short runs over the pool; none where the first draw itself is the start.
    internal int ShortRunsFor(int centroids) => centroids == 1 || Trials == 1 ? 0 : Trials > 1 ? Trials : QuickStart ? 1 : Math.Clamp(200 / centroids, 1, 8) is > 1 and var trials ? trials : 0;

    private static int Positive(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
        return value;
    }
}

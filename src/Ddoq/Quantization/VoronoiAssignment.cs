namespace Ddoq.Quantization;

/// <summary>
/// Every sample with its nearest centroid, exactly: distances in float64, ties to the lowest index, the same bits for any number of threads. Time O(N K D);
/// memory 20 bytes per sample beside the samples.
/// </summary>
public sealed class VoronoiAssignment
{
    private const int BlockSize = 64;

    private readonly Samples _samples;
    private readonly int[] _labels;
    private readonly double[] _squaredDistances;
    private readonly int[] _counts;
    private readonly double[] _masses;

    private VoronoiAssignment(NearestSearch search, double[] centroids)
    {
        _samples = search.Samples.Source;
        search.Run(centroids);
        _labels = [.. search.Labels];
        _squaredDistances = SquaredDistancesTo(_samples, centroids, _labels, search.Samples.Threads);
        var count = centroids.Length / _samples.Dimension;
        (_counts, _masses) = (new int[count], new double[count]);
        Distortion = Summarise();
    }

    /// <summary>Index of the nearest centroid of each sample, N.</summary>
    public ReadOnlySpan<int> Labels => _labels;

    /// <summary>Squared distance of each sample to that centroid, N.</summary>
    public ReadOnlySpan<double> SquaredDistances => _squaredDistances;

    /// <summary>Samples of each cell, K; they sum to N.</summary>
    public ReadOnlySpan<int> Counts => _counts;

    /// <summary>Mass of each cell, K: the sum of its samples' weights, not normalised.</summary>
    public ReadOnlySpan<double> Masses => _masses;

    /// <summary>Weighted mean of the squared distances; 0 without samples.</summary>
    public double Distortion { get; }

    /// <summary>Assigns samples to centroids.</summary>
    /// <param name="samples">N x D, finite.</param>
    /// <param name="centroids">K x D, row-major, K at least 1.</param>
    /// <param name="threads">Threads to use; 0 for all processors.</param>
    /// <exception cref="ArgumentException">Not K x D values.</exception>
    public static VoronoiAssignment Of(Samples samples, ReadOnlyMemory<float> centroids, int threads = 1)
    {
        if (centroids.Length == 0 || centroids.Length % samples.Dimension != 0)
            throw new ArgumentException($"{centroids.Length} values are no whole number of centroids of {samples.Dimension}, at least one.", nameof(centroids));
        var search = new NearestSearch(new CentredSamples(samples, FixedBlocks.Threads(threads)), BoundKind.None);
        return Of(search, Array.ConvertAll(centroids.ToArray(), v => (double)v));
    }

    /// <summary>Assigns the samples of a search, which may know much from earlier positions.</summary>
    internal static VoronoiAssignment Of(NearestSearch search, double[] centroids) => new(search, centroids);

    /// <summary>Squared distance of each sample to its centroid, in float64.</summary>
    internal static double[] SquaredDistancesTo(Samples samples, double[] centroids, int[] labels, int threads)
    {
        var distances = new double[samples.Count];
        new Workers<double[]>(threads, () => new double[samples.Dimension]).Run(samples.Count, BlockSize, (row, start, end) =>
        {
            for (var i = start; i < end; i++) distances[i] = samples.SquaredDistance(i, centroids.AsSpan(labels[i] * samples.Dimension, samples.Dimension), row);
        });
        return distances;
    }

    // In sample order on one thread: N additions cost nothing beside N K D, and the order stays fixed.
    private double Summarise()
    {
        double sum = 0, mass = 0;
        for (var i = 0; i < _labels.Length; i++)
        {
            var w = _samples.WeightOf(i);
            _counts[_labels[i]]++;
            _masses[_labels[i]] += w;
            sum += w * _squaredDistances[i];
            mass += w;
        }
        return mass > 0 ? sum / mass : 0;
    }
}

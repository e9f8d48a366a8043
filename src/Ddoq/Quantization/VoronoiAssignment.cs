namespace Ddoq.Quantization;

/// <summary>
/// Every sample with its nearest centroid, exactly: ties go to the lowest index, and the result has the same bits for any number of
/// threads. Time O(N K D); memory 12 bytes per sample beside the samples. <see cref="Assign"/> reuses the buffers.
/// </summary>
public sealed class VoronoiAssignment
{
    private const int BlockSize = 128;

    private readonly SampleMatrix _samples;
    private readonly int _threads;
    private readonly int[] _labels;
    private readonly double[] _squaredDistances;
    private readonly int[] _counts;
    private readonly double[] _masses;

    /// <summary>Prepares buffers for K centroids.</summary>
    /// <param name="samples">N x D.</param>
    /// <param name="centroids">K, at least 1.</param>
    /// <param name="threads">Threads to use; 0 for all processors.</param>
    public VoronoiAssignment(SampleMatrix samples, int centroids, int threads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(centroids);
        (_samples, _threads) = (samples, FixedBlocks.Threads(threads));
        (_labels, _squaredDistances) = (new int[samples.Count], new double[samples.Count]);
        (_counts, _masses) = (new int[centroids], new double[centroids]);
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
    public double Distortion { get; private set; }

    /// <summary>Assigns samples to centroids.</summary>
    /// <param name="samples">N x D.</param>
    /// <param name="centroids">K x D, row-major.</param>
    /// <param name="threads">Threads to use; 0 for all processors.</param>
    public static VoronoiAssignment Of(SampleMatrix samples, ReadOnlyMemory<float> centroids, int threads = 1)
    {
        var assignment = new VoronoiAssignment(samples, centroids.Length / samples.Dimension, threads);
        assignment.Assign(centroids);
        return assignment;
    }

    /// <summary>Assigns all samples anew.</summary>
    /// <param name="centroids">K x D, row-major.</param>
    /// <exception cref="ArgumentException">Not K x D values.</exception>
    public void Assign(ReadOnlyMemory<float> centroids)
    {
        if (centroids.Length != (long)_counts.Length * _samples.Dimension)
            throw new ArgumentException($"{_counts.Length} centroids of {_samples.Dimension} floats need {(long)_counts.Length * _samples.Dimension}, got {centroids.Length}.", nameof(centroids));
        FixedBlocks.Run(_samples.Count, BlockSize, _threads, (start, end) => AssignBlock(centroids.Span, start, end));
        Summarise();
    }

    private void AssignBlock(ReadOnlySpan<float> centroids, int start, int end)
    {
        var distances = _counts.Length <= 256 ? stackalloc double[_counts.Length] : new double[_counts.Length];
        for (var i = start; i < end; i++)
        {
            var k = DistanceKernel.Nearest(_samples.Row(i), centroids, distances);
            (_labels[i], _squaredDistances[i]) = (k, distances[k]);
        }
    }

    // In sample order on one thread: N additions cost nothing beside N K D, and the order stays fixed.
    private void Summarise()
    {
        Array.Clear(_counts);
        Array.Clear(_masses);
        double sum = 0, mass = 0;
        for (var i = 0; i < _labels.Length; i++)
        {
            double w = _samples.WeightOf(i);
            _counts[_labels[i]]++;
            _masses[_labels[i]] += w;
            sum += w * _squaredDistances[i];
            mass += w;
        }
        Distortion = mass > 0 ? sum / mass : 0;
    }
}

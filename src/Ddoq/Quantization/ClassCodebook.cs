namespace Ddoq.Quantization;

/// <summary>
/// Centroids of one class with the masses of their Voronoi cells: the discrete measure nearest to the class's samples among all
/// measures on these points. Arrays belong to the codebook: do not write to them.
/// </summary>
public sealed record ClassCodebook
{
    /// <summary>Name of the class.</summary>
    public required string Name { get; init; }

    /// <summary>Samples that were quantized, n_c.</summary>
    public required int SampleCount { get; init; }

    /// <summary>Mass of the class: the sum of its samples' weights; <see cref="SampleCount"/> where they had none.</summary>
    public double Mass { get => double.IsNaN(field) ? SampleCount : field; init; } = double.NaN;

    /// <summary>Floats per centroid, D.</summary>
    public required int Dimension { get; init; }

    /// <summary>K x D, row-major.</summary>
    public required float[] Centroids { get; init; }

    /// <summary>Samples nearest to each centroid, or given to it; they sum to <see cref="SampleCount"/>. 0 only where there were fewer different samples than K, or a sample was split.</summary>
    public required int[] Counts { get; init; }

    /// <summary>Mass of each Voronoi cell; non-negative, sum 1. For samples of equal mass: count / n_c.</summary>
    public required double[] Weights { get; init; }

    /// <summary>
    /// Weighted mean squared distance of the samples to their centroids, no factor 1/2. Its root is W2 to the samples with these weights. For balanced centroids: the cost
    /// of distributing the samples so that every centroid receives the same mass.
    /// </summary>
    public required double Distortion { get; init; }

    /// <summary>Mean squared distance of the samples to their nearest centroids, where <see cref="Distortion"/> is something else; otherwise null.</summary>
    public double? VoronoiDistortion { get; init; }

    /// <summary>The same mean within each cell; 0 for an empty one. The mean of these under the Voronoi masses is <see cref="Distortion"/>.</summary>
    public required double[] LocalDistortion { get; init; }

    /// <summary>
    /// The sample of each cell nearest to its centroid (for an empty cell: of all samples), as a row of the fitted samples; in a codebook
    /// built over a latent store, as a row of the source data set.
    /// </summary>
    public required long[] NearestSample { get; init; }

    /// <summary>Lloyd steps, or passes of CLVQ, of the run that was kept.</summary>
    public required int Iterations { get; init; }

    /// <summary>Number of centroids, K.</summary>
    public int Count => Counts.Length;

    /// <summary>Number of centroids without samples: duplicates of others.</summary>
    public int EmptyCells => Counts.Count(c => c == 0);

    /// <summary>2-Wasserstein distance between the samples and the weighted centroids: the root of <see cref="Distortion"/>.</summary>
    public double W2 => Math.Sqrt(Distortion);

    /// <summary>Centroid <paramref name="index"/>, D floats.</summary>
    public ReadOnlySpan<float> Centroid(int index) => Centroids.AsSpan(index * Dimension, Dimension);
}

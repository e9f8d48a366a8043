namespace Ddoq.Quantization;

/// <summary>Samples to quantize: N x D float32, row-major, with an optional mass per sample. Holds the memory, never writes to it.</summary>
public sealed class SampleMatrix
{
    /// <summary>Wraps the values without copying.</summary>
    /// <param name="values">N x D, row-major.</param>
    /// <param name="dimension">D, at least 1.</param>
    /// <param name="weights">N masses, finite and non-negative with a positive sum; empty for equal masses.</param>
    /// <param name="name">What the samples are, for messages: "class 3 (Dress)".</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or a mass is not permitted.</exception>
    public SampleMatrix(ReadOnlyMemory<float> values, int dimension, ReadOnlyMemory<float> weights = default, string name = "samples")
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        if (values.Length % dimension != 0) throw new ArgumentException($"{values.Length} values are no whole number of rows of {dimension}.", nameof(values));
        (Values, Dimension, Weights, Name) = (values, dimension, weights, name);
        if (!weights.IsEmpty) CheckWeights();
    }

    /// <summary>N x D, row-major.</summary>
    public ReadOnlyMemory<float> Values { get; }

    /// <summary>Floats per sample, D.</summary>
    public int Dimension { get; }

    /// <summary>Masses, N of them, or empty where all are equal.</summary>
    public ReadOnlyMemory<float> Weights { get; }

    /// <summary>What the samples are, for messages.</summary>
    public string Name { get; }

    /// <summary>Number of samples, N.</summary>
    public int Count => Values.Length / Dimension;

    /// <summary>Sample <paramref name="index"/>, D floats.</summary>
    public ReadOnlySpan<float> Row(int index) => Values.Span.Slice(index * Dimension, Dimension);

    /// <summary>Mass of sample <paramref name="index"/>: 1 where all are equal.</summary>
    public float WeightOf(int index) => Weights.IsEmpty ? 1f : Weights.Span[index];

    /// <summary>A copy of some rows, in the given order, with their masses.</summary>
    public SampleMatrix Select(ReadOnlySpan<int> rows, string? name = null)
    {
        var values = new float[(long)rows.Length * Dimension];
        var weights = new float[Weights.IsEmpty ? 0 : rows.Length];
        for (var i = 0; i < rows.Length; i++) Row(rows[i]).CopyTo(values.AsSpan(i * Dimension));
        for (var i = 0; i < weights.Length; i++) weights[i] = Weights.Span[rows[i]];
        return new SampleMatrix(values, Dimension, weights, name ?? Name);
    }

    private void CheckWeights()
    {
        if (Weights.Length != Count) throw new ArgumentException($"{Count} samples need {Count} weights, got {Weights.Length}.", nameof(Weights));
        var total = 0.0;
        for (var i = 0; i < Count; i++)
        {
            var w = Weights.Span[i];
            if (!float.IsFinite(w) || w < 0) throw new ArgumentException($"weight {w} of sample {i} is not a finite number of at least 0.", nameof(Weights));
            total += w;
        }
        if (Count > 0 && total <= 0) throw new ArgumentException("all weights are zero.", nameof(Weights));
    }
}

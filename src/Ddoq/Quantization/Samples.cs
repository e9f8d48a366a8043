using System.Numerics.Tensors;

namespace Ddoq.Quantization;

/// <summary>
/// Samples to quantize: N rows of D numbers, with an optional mass per sample. Rows are copied out in stretches, so that they may lie in memory or in a mapped
/// file of any float type. Reading is safe from several threads.
/// </summary>
public abstract class Samples : IDisposable
{
    private protected Samples(int count, int dimension, ReadOnlyMemory<double> weights, string name)
    {
        (Count, Dimension, Weights, Name) = (count, dimension, weights, name);
        if (!weights.IsEmpty) CheckWeights();
    }

    /// <summary>Number of samples, N.</summary>
    public int Count { get; }

    /// <summary>Numbers per sample, D.</summary>
    public int Dimension { get; }

    /// <summary>Masses, N of them, or empty where all are equal.</summary>
    public ReadOnlyMemory<double> Weights { get; }

    /// <summary>What the samples are, for messages: "class 3 (Dress)".</summary>
    public string Name { get; }

    /// <summary>Mass of sample <paramref name="index"/>: 1 where all are equal.</summary>
    public double WeightOf(int index) => Weights.IsEmpty ? 1 : Weights.Span[index];

    /// <summary>Mass of the heaviest sample.</summary>
    internal double LargestWeight => Weights.IsEmpty ? 1 : TensorPrimitives.Max(Weights.Span);

    /// <summary>Sum of all masses; N where all are equal.</summary>
    public double TotalWeight
    {
        get
        {
            if (Weights.IsEmpty) return Count;
            var sum = 0.0;
            foreach (var w in Weights.Span) sum += w;
            return sum;
        }
    }

    /// <summary>Copies part of a row, rounded to float32.</summary>
    /// <param name="row">Sample, in [0, N).</param>
    /// <param name="column">First number of the stretch.</param>
    /// <param name="destination">Filled; its length decides how many numbers are read.</param>
    public abstract void Read(int row, int column, Span<float> destination);

    /// <summary>Copies part of a row without loss.</summary>
    /// <inheritdoc cref="Read(int, int, Span{float})"/>
    public abstract void Read(int row, int column, Span<double> destination);

    /// <summary>Copies part of a row less <paramref name="shift"/>, with at most one rounding per number.</summary>
    internal virtual void ReadShifted(int row, int column, ReadOnlySpan<float> shift, Span<float> destination)
    {
        Read(row, column, destination);
        TensorPrimitives.Subtract(destination, shift, destination);
    }

    /// <summary>Asks memory for part of a row that will be read soon, where that is possible.</summary>
    internal virtual void Prefetch(int row, int column, int length)
    {
    }

    /// <summary>Squared distance of a row to a point of D numbers, in float64, with the same bits as from the row read without loss.</summary>
    internal virtual double SquaredDistance(int row, ReadOnlySpan<double> point, double[] buffer)
    {
        Read(row, 0, buffer);
        return DistanceKernel.SquaredDistance(buffer, point);
    }

    /// <summary>The same nearly, from the row rounded to float32: see <see cref="DistanceKernel.NearlySquaredDistance"/>.</summary>
    internal virtual double NearlySquaredDistance(int row, ReadOnlySpan<float> point, float[] buffer)
    {
        Read(row, 0, buffer);
        return DistanceKernel.NearlySquaredDistance(buffer, point);
    }

    /// <summary>Rows in the given order, with their masses, as float32 in memory.</summary>
    public SampleMatrix Select(ReadOnlySpan<int> rows, string? name = null)
    {
        var values = new float[(long)rows.Length * Dimension];
        for (var i = 0; i < rows.Length; i++) Read(rows[i], 0, values.AsSpan(i * Dimension, Dimension));
        return new SampleMatrix(values, Dimension, WeightsOf(rows), name ?? Name);
    }

    /// <summary>Masses of chosen rows; empty where all are equal.</summary>
    internal double[] WeightsOf(ReadOnlySpan<int> rows)
    {
        var weights = new double[Weights.IsEmpty ? 0 : rows.Length];
        for (var i = 0; i < weights.Length; i++) weights[i] = Weights.Span[rows[i]];
        return weights;
    }

    /// <summary>Rows of D numbers in so many values.</summary>
    /// <exception cref="ArgumentException">No whole number of rows.</exception>
    private protected static int RowsIn(int values, int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        return values % dimension == 0 ? values / dimension : throw new ArgumentException($"{values} values are no whole number of rows of {dimension}.", nameof(values));
    }

    /// <summary>Releases a mapped file; samples in memory have nothing to release.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);

    private void CheckWeights()
    {
        if (Weights.Length != Count) throw new ArgumentException($"{Count} samples need {Count} weights, got {Weights.Length}.", nameof(Weights));
        var total = 0.0;
        for (var i = 0; i < Count; i++)
        {
            var w = Weights.Span[i];
            if (!double.IsFinite(w) || w < 0) throw new ArgumentException($"weight {w} of sample {i} is not a finite number of at least 0.", nameof(Weights));
            total += w;
        }
        if (Count > 0 && !(total > 0 && double.IsFinite(total))) throw new ArgumentException(total > 0 ? "the weights' sum overflows." : "all weights are zero.", nameof(Weights));
    }
}

using System.Numerics.Tensors;
using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>
/// Samples as the product kernel sees them: float32, shifted by (nearly) their mean, because |a|^2 - 2ab + |b|^2 loses digits far from the origin. One pass finds each
/// row's squared norm, each column's largest magnitude, and refuses values that are not finite.
/// </summary>
internal sealed class CentredSamples : IRows
{
    // Squares of larger differences, summed over 2^20 dimensions, leave float32.
    private const float LargestMagnitude = 1e15f;

    private const int RowBlock = 256;

    private const int ColumnBlock = 1024;

    // The shift only has to be near the mean, so that a few hundred rows are enough.
    private const int RowsForShift = 512;

    // Below this, waking threads takes longer than the work.
    private const int FewNumbers = 1 << 18;

    private readonly Lock _merging = new();
    private readonly Lazy<FixedPointRows?> _inFixedPoint;
    private float _largest;
    private int _firstBad = int.MaxValue;

    public CentredSamples(Samples source, int threads)
    {
        Contractions = new Contractions(this);
        _inFixedPoint = new Lazy<FixedPointRows?>(() => FixedPointRows.Of(this, _largest));
        (Source, Allowed, Threads) = (source, threads, (long)source.Count * source.Dimension < FewNumbers ? 1 : threads);
        Shift = Centre(source, Threads);
        (SquaredNorms, LargestMagnitudes) = (new double[source.Count], new double[source.Dimension]);
        FixedBlocks.Run(source.Count, RowBlock, Threads, Scan);
        if (_firstBad < source.Count) CheckRow(_firstBad);
    }

    public Samples Source { get; }

    /// <summary>Threads that were asked for.</summary>
    public int Allowed { get; }

    /// <summary>Threads to use: those asked for, or one where the samples are few.</summary>
    public int Threads { get; }

    public int Count => Source.Count;

    public int Dimension => Source.Dimension;

    /// <summary>What is subtracted from every sample, D.</summary>
    public float[] Shift { get; }

    /// <summary>|a|^2 of each shifted row, N.</summary>
    public double[] SquaredNorms { get; }

    /// <summary>An upper bound of |x| in each column of the samples themselves, D.</summary>
    public double[] LargestMagnitudes { get; }

    /// <summary>The samples in few numbers.</summary>
    public Contractions Contractions { get; }

    /// <summary>The shifted rows in fixed point, made when first asked for; null for samples that are not in memory, or where a few values are so large that others would vanish.</summary>
    public FixedPointRows? InFixedPoint => _inFixedPoint.Value;

    /// <summary>Part of a shifted row. Each number carries at most one rounding, relative to its own size.</summary>
    public void Read(int row, int column, Span<float> destination) => Source.ReadShifted(row, column, Shift.AsSpan(column, destination.Length), destination);

    private static float[] Centre(Samples source, int threads)
    {
        var sums = new double[source.Dimension];
        var count = Math.Min(source.Count, RowsForShift);
        FixedBlocks.Run(source.Dimension, ColumnBlock, threads, (start, end) =>
        {
            var part = new double[end - start];
            var sum = sums.AsSpan(start, end - start);
            for (var r = 0; r < count; r++)
            {
                source.Read((int)((long)r * source.Count / count), start, part);
                TensorPrimitives.Add(sum, part, sum);
            }
        });
        return Array.ConvertAll(sums, s => float.IsFinite((float)(s / count)) && Math.Abs(s / count) <= LargestMagnitude ? (float)(s / count) : 0f);
    }

    private void Scan(int start, int end)
    {
        var (row, magnitudes) = (new float[Dimension], new float[Dimension]);
        for (var i = start; i < end; i++)
        {
            Read(i, 0, row);
            SquaredNorms[i] = DistanceKernel.SquaredNorm(row);
            Widening.KeepLargest(row, magnitudes);
        }
        var largest = new double[Dimension];
        for (var j = 0; j < largest.Length; j++) largest[j] = (double)magnitudes[j] + Math.Abs((double)Shift[j]);
        lock (_merging)
        {
            TensorPrimitives.Max(LargestMagnitudes, largest, LargestMagnitudes);
            _largest = Math.Max(_largest, TensorPrimitives.Max<float>(magnitudes));
            for (var i = start; i < end && i < _firstBad; i++)
                if (!(SquaredNorms[i] <= LargestMagnitude * (double)LargestMagnitude)) _firstBad = i;
        }
    }

    private void CheckRow(int row)
    {
        var values = new double[Dimension];
        Source.Read(row, 0, values);
        for (var j = 0; j < values.Length; j++) CheckValue(values[j], $"{Source.Name}, row {row}, element {j}");
    }

    private static void CheckValue(double value, string where)
    {
        if (!double.IsFinite(value)) throw new BadInputException($"{where}: found {value}, expected a finite number. Encode the data again, or remove the row.");
        if (Math.Abs(value) > LargestMagnitude) throw new BadInputException($"{where}: the magnitude of {value:R} exceeds {LargestMagnitude:R}, where squared distances overflow. Rescale the data.");
    }
}

using Ddoq.Formats;
using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>
/// Samples that stay in their file: rows of a mapped matrix of float16, bfloat16, float32 or float64, all of them or chosen ones. Stretches are converted while
/// they are read; nothing is copied beforehand, so the matrix may be larger than memory.
/// </summary>
public sealed class MappedSamples : Samples
{
    private readonly MappedFloats _values;
    private readonly int[]? _rows;
    private readonly IDisposable? _file;

    private MappedSamples(MappedFloats values, int count, int dimension, ReadOnlyMemory<double> weights, string name, int[]? rows, IDisposable? file) : base(count, dimension, weights, name) =>
        (_values, _rows, _file) = (values, rows, file);

    /// <summary>Bytes that the samples take in memory: 8 per number for float64, else 4.</summary>
    public long BytesInMemory => (long)Count * Dimension * (IsDouble ? sizeof(double) : sizeof(float));

    internal bool IsDouble => _values.Type == ElementType.Float64;

    /// <summary>Chosen rows of the same file, in the given order. The view must not outlive these samples, which keep the file.</summary>
    /// <param name="rows">Rows, each in [0, N); held, not copied.</param>
    /// <param name="name">What the samples are, for messages.</param>
    /// <exception cref="ArgumentOutOfRangeException">A row is outside [0, N).</exception>
    public MappedSamples View(int[] rows, string name)
    {
        foreach (var row in rows)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(row, nameof(rows));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Count, nameof(rows));
        }
        return new MappedSamples(_values, rows.Length, Dimension, WeightsOf(rows), name, _rows is null ? rows : Array.ConvertAll(rows, r => _rows[r]), file: null);
    }

    /// <summary>The same samples with masses. They take over the file: dispose them, not these.</summary>
    /// <param name="weights">N masses, finite and non-negative with a positive sum.</param>
    /// <exception cref="ArgumentException">The masses do not fit.</exception>
    public MappedSamples Weighted(ReadOnlyMemory<double> weights) => new(_values, Count, Dimension, weights, Name, _rows, _file);

    /// <summary>The samples in memory, float64 where the file holds that, if they take at most <paramref name="memoryLimit"/> bytes there; else these.</summary>
    public Samples InMemoryWithin(long memoryLimit)
    {
        if (BytesInMemory > memoryLimit || (long)Count * Dimension > Array.MaxLength) return this;
        return IsDouble ? new DoubleMatrix(ReadAll<double>(Read), Dimension, Weights, Name) : new SampleMatrix(ReadAll<float>(Read), Dimension, Weights, Name);
    }

    /// <inheritdoc />
    public override void Read(int row, int column, Span<float> destination) => _values.Read(First(row, column, destination.Length), destination);

    /// <inheritdoc />
    public override void Read(int row, int column, Span<double> destination) => _values.Read(First(row, column, destination.Length), destination);

    // Float64 is rounded once, after the subtraction.
    internal override void ReadShifted(int row, int column, ReadOnlySpan<float> shift, Span<float> destination)
    {
        if (!IsDouble)
        {
            base.ReadShifted(row, column, shift, destination);
            return;
        }
        Span<double> part = stackalloc double[Math.Min(destination.Length, 512)];
        for (var done = 0; done < destination.Length; done += part.Length)
        {
            var stretch = part[..Math.Min(part.Length, destination.Length - done)];
            Read(row, column + done, stretch);
            for (var j = 0; j < stretch.Length; j++) destination[done + j] = (float)(stretch[j] - shift[done + j]);
        }
    }

    /// <summary>Releases the file, unless these samples are a view.</summary>
    public override void Dispose()
    {
        _file?.Dispose();
        base.Dispose();
    }

    /// <summary>Takes over an open .npy file of two axes.</summary>
    /// <exception cref="BadInputException">It holds no floats, or another shape.</exception>
    internal static MappedSamples Of(NpyFile file, string name) => Of(file.Floats(), file.Path, [.. file.Shape], name, file);

    /// <summary>Takes over an open safetensors file with a tensor of two axes.</summary>
    /// <exception cref="BadInputException">It holds no floats, or another shape.</exception>
    internal static MappedSamples Of(SafetensorsFile file, TensorEntry entry, string name) => Of(file.Floats(entry), file.Path, entry.Shape, name, file);

    private static MappedSamples Of(MappedFloats values, string path, long[] shape, string name, IDisposable file)
    {
        if (shape.Length != 2 || shape[0] > int.MaxValue || shape[1] is < 1 or > int.MaxValue)
            throw new BadInputException($"'{path}': expected a matrix N x D with N and D from 1 to {int.MaxValue}, found shape ({string.Join(", ", shape)}). Reshape it, one sample a row.");
        return new MappedSamples(values, (int)shape[0], (int)shape[1], default, name, rows: null, file);
    }

    private delegate void Reading<T>(int row, int column, Span<T> destination);

    private T[] ReadAll<T>(Reading<T> read)
    {
        var values = GC.AllocateUninitializedArray<T>(Count * Dimension);
        for (var i = 0; i < Count; i++) read(i, 0, values.AsSpan(i * Dimension, Dimension));
        return values;
    }

    private long First(int row, int column, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Count);
        ArgumentOutOfRangeException.ThrowIfNegative(column);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(column, Dimension - length);
        return (_rows is null ? row : _rows[row]) * (long)Dimension + column;
    }
}

using System.Runtime.InteropServices;
using Ddoq.Foundations;

namespace Ddoq.Formats;

/// <summary>
/// A numpy array file (.npy), memory-mapped: opening costs the header, reading rows costs their bytes. Arrays are seen as
/// <see cref="Rows"/> x <see cref="Columns"/>; a one-axis array has one column, further axes are flattened into the columns.
/// </summary>
public sealed class NpyFile : IDisposable
{
    private readonly MappedFile _file;
    private readonly NpyHeader _header;

    private NpyFile(MappedFile file) => (_file, _header) = (file, NpyHeader.Parse(file));

    /// <summary>Path as given to <see cref="Open"/>.</summary>
    public string Path => _file.Path;

    /// <summary>Type of the stored elements.</summary>
    public ElementType Type => _header.Type;

    /// <summary>Extent of each axis, slowest first.</summary>
    public IReadOnlyList<long> Shape => _header.Shape;

    /// <summary>Extent of the first axis; 1 for a scalar.</summary>
    public long Rows => _header.Shape.Length == 0 ? 1 : _header.Shape[0];

    /// <summary>Elements of one row: the product of all further axes.</summary>
    public long Columns => _header.Shape.Skip(1).Aggregate(1L, (product, extent) => product * extent);

    /// <summary>Maps the file and checks its header against its size.</summary>
    /// <exception cref="BadInputException">Missing file, not .npy, column order, other element type, or a size that does not fit the shape.</exception>
    public static NpyFile Open(string path)
    {
        var file = MappedFile.Open(path);
        try
        {
            return new NpyFile(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads whole rows from <paramref name="firstRow"/> on as float32 (from float16, float32 or float64).</summary>
    /// <param name="firstRow">First row, in [0, <see cref="Rows"/>).</param>
    /// <param name="destination">Rows x columns, row-major; its length decides how many rows are read.</param>
    /// <exception cref="ArgumentException">The range leaves the array.</exception>
    public void ReadFloats(long firstRow, Span<float> destination) =>
        ElementReader.ReadFloats(_file, "array", Type, Offset(firstRow, destination.Length), destination);

    /// <summary>All elements as float32, row-major.</summary>
    public float[] ReadFloats()
    {
        var values = new float[CheckedCount()];
        ReadFloats(0, values);
        return values;
    }

    /// <summary>All elements as float64, row-major.</summary>
    public double[] ReadDoubles()
    {
        var values = new double[CheckedCount()];
        ElementReader.ReadDoubles(_file, "array", Type, Offset(0, values.Length), values);
        return values;
    }

    /// <summary>All elements of an integer array as int64, row-major.</summary>
    public long[] ReadInt64()
    {
        var values = new long[CheckedCount()];
        ElementReader.ReadInt64(_file, "array", Type, Offset(0, values.Length), values);
        return values;
    }

    /// <summary>The elements as floats, readable from any place on; valid while this file is open.</summary>
    internal MappedFloats Floats() => new(_file, "array", Type, _header.DataStart, _header.Count);

    /// <summary>Releases the mapping.</summary>
    public void Dispose() => _file.Dispose();

    /// <summary>Writes a whole array of float16, float32, float64, int32 or int64, row-major, under a temporary name and renames it.</summary>
    /// <exception cref="ArgumentException">The shape does not fit the length, or <typeparamref name="T"/> is another type.</exception>
    /// <exception cref="UsageException">The file exists and <paramref name="replace"/> is false.</exception>
    public static void Write<T>(string path, ReadOnlyMemory<T> values, long[] shape, bool replace = false) where T : unmanaged
    {
        if (shape.Aggregate(1L, (product, extent) => checked(product * extent)) != values.Length)
            throw new ArgumentException($"shape ({string.Join(", ", shape)}) does not fit {values.Length} elements.", nameof(shape));
        var header = NpyHeader.Format(TypeOf<T>(), shape);
        WholeFile.Write(path, replace, stream =>
        {
            stream.Write(header);
            WriteElements(stream, values.Span);
        });
    }

    internal static ElementType TypeOf<T>() => default(T) switch
    {
        Half => ElementType.Float16,
        float => ElementType.Float32,
        double => ElementType.Float64,
        int => ElementType.Int32,
        long => ElementType.Int64,
        _ => throw new ArgumentException($"{typeof(T)} is not written to .npy; use Half, float, double, int or long."),
    };

    internal static void WriteElements<T>(Stream stream, ReadOnlySpan<T> values) where T : unmanaged
    {
        const int part = 1 << 20;
        for (var i = 0; i < values.Length; i += part)
            stream.Write(MemoryMarshal.AsBytes(values.Slice(i, Math.Min(part, values.Length - i))));
    }

    private long Offset(long firstRow, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        if (count % Math.Max(1, Columns) != 0) throw new ArgumentException($"{count} elements are no whole number of rows of {Columns}.");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstRow * Columns, _header.Count - count);
        return _header.DataStart + firstRow * Columns * Type.Size();
    }

    private long CheckedCount() => _header.Count <= Array.MaxLength
        ? _header.Count
        : throw new BadInputException($"'{Path}' holds {_header.Count} elements; at most {Array.MaxLength} can be read at once. Read rows in parts.");
}

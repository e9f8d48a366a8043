using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Ddoq.Foundations;

namespace Ddoq.Formats;

/// <summary>Copies a run of elements out of a mapped file and converts them. Little-endian, as both formats store them.</summary>
internal static class ElementReader
{
    // On the stack: rows are read in many short stretches, and garbage would follow each.
    private const int ChunkBytes = 1 << 12;

    /// <summary>Float16, bfloat16, float32 or float64 to float32; a float64 beyond float32's range is an error, not an infinity.</summary>
    public static void ReadFloats(MappedFile file, string what, ElementType type, long start, Span<float> destination)
    {
        if (type == ElementType.Float32) file.Read(start, MemoryMarshal.AsBytes(destination));
        else if (type == ElementType.Float16) ReadChunks<Half, float>(file, start, destination, TensorPrimitives.ConvertToSingle);
        else if (type == ElementType.BFloat16) ReadChunks<ushort, float>(file, start, destination, WidenBFloat16);
        else if (type == ElementType.Float64) ReadChunks<double, float>(file, start, destination, (from, to) => Narrow(file.Path, what, from, to));
        else throw new BadInputException($"{what} in '{file.Path}': expected F32, F16, BF16 or F64, found {type.Tag()}.");
    }

    /// <summary>Any float type to float64, without loss.</summary>
    public static void ReadDoubles(MappedFile file, string what, ElementType type, long start, Span<double> destination)
    {
        if (type == ElementType.Float64)
        {
            file.Read(start, MemoryMarshal.AsBytes(destination));
            return;
        }
        Span<float> floats = stackalloc float[Math.Min(destination.Length, ChunkBytes / sizeof(float))];
        for (var done = 0; done < destination.Length; done += floats.Length)
        {
            var part = floats[..Math.Min(floats.Length, destination.Length - done)];
            ReadFloats(file, what, type, start + (long)done * type.Size(), part);
            TensorPrimitives.ConvertTruncating<float, double>(part, destination.Slice(done, part.Length));
        }
    }

    /// <summary>Float64 rounded to float32; what lies beyond its range becomes infinite, for a caller that looks at the values itself.</summary>
    public static void ReadRounded(MappedFile file, long start, Span<float> destination) =>
        ReadChunks<double, float>(file, start, destination, TensorPrimitives.ConvertTruncating);

    /// <summary>Any integer type or bool to int64; an unsigned 64-bit value beyond its range is an error.</summary>
    public static void ReadInt64(MappedFile file, string what, ElementType type, long start, Span<long> destination)
    {
        if (type == ElementType.Int64) file.Read(start, MemoryMarshal.AsBytes(destination));
        else if (type == ElementType.Int32) ReadChunks<int, long>(file, start, destination, Widen);
        else if (type == ElementType.UInt32) ReadChunks<uint, long>(file, start, destination, Widen);
        else if (type == ElementType.Int16) ReadChunks<short, long>(file, start, destination, Widen);
        else if (type == ElementType.UInt16) ReadChunks<ushort, long>(file, start, destination, Widen);
        else if (type == ElementType.Int8) ReadChunks<sbyte, long>(file, start, destination, Widen);
        else if (type is ElementType.UInt8 or ElementType.Bool) ReadChunks<byte, long>(file, start, destination, Widen);
        else throw new BadInputException($"{what} in '{file.Path}': expected integers (I64, I32, I16, I8, U32, U16, U8 or BOOL), found {type.Tag()}.");
    }

    private delegate void Conversion<TFrom, TTo>(ReadOnlySpan<TFrom> from, Span<TTo> to);

    private static void ReadChunks<TFrom, TTo>(MappedFile file, long start, Span<TTo> destination, Conversion<TFrom, TTo> convert) where TFrom : unmanaged
    {
        var size = Marshal.SizeOf<TFrom>();
        Span<TFrom> chunk = stackalloc TFrom[Math.Min(destination.Length, ChunkBytes / size)];
        for (var done = 0; done < destination.Length; done += chunk.Length)
        {
            var part = chunk[..Math.Min(chunk.Length, destination.Length - done)];
            file.Read(start + (long)done * size, MemoryMarshal.AsBytes(part));
            convert(part, destination.Slice(done, part.Length));
        }
    }

    private static void Widen<TFrom>(ReadOnlySpan<TFrom> from, Span<long> to) where TFrom : System.Numerics.INumberBase<TFrom>
    {
        for (var i = 0; i < from.Length; i++) to[i] = long.CreateChecked(from[i]);
    }

    private static void WidenBFloat16(ReadOnlySpan<ushort> from, Span<float> to)
    {
        var bits = MemoryMarshal.Cast<float, uint>(to);
        TensorPrimitives.ConvertTruncating(from, bits);
        TensorPrimitives.ShiftLeft(bits, 16, bits);
    }

    private static void Narrow(string path, string what, ReadOnlySpan<double> from, Span<float> to)
    {
        for (var i = 0; i < from.Length; i++)
        {
            to[i] = (float)from[i];
            if (float.IsInfinity(to[i]) && double.IsFinite(from[i]))
                throw new BadInputException($"{what} in '{path}': the value {from[i]:R} does not fit float32 (at most 3.4e38). Rescale the data.");
        }
    }
}

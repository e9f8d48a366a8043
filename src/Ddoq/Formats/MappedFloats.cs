using Ddoq.Foundations;

namespace Ddoq.Formats;

/// <summary>A run of float elements in a mapped file, converted while it is read. Safe from several threads; the file belongs to somebody else.</summary>
internal sealed class MappedFloats
{
    private readonly MappedFile _file;
    private readonly string _what;
    private readonly long _start;

    /// <exception cref="BadInputException">Not a float type.</exception>
    public MappedFloats(MappedFile file, string what, ElementType type, long start, long count)
    {
        if (type is not (ElementType.Float16 or ElementType.BFloat16 or ElementType.Float32 or ElementType.Float64))
            throw new BadInputException($"{what} in '{file.Path}': expected F16, BF16, F32 or F64, found {type.Tag()}. In Python: x.astype('float32').");
        (_file, _what, Type, _start, Count) = (file, what, type, start, count);
    }

    public ElementType Type { get; }

    public long Count { get; }

    /// <summary>Elements from <paramref name="first"/> on, rounded to float32; a float64 beyond its range becomes infinite.</summary>
    public void Read(long first, Span<float> destination)
    {
        var start = StartOf(first, destination.Length);
        if (Type == ElementType.Float64) ElementReader.ReadRounded(_file, start, destination);
        else ElementReader.ReadFloats(_file, _what, Type, start, destination);
    }

    /// <summary>Elements from <paramref name="first"/> on, without loss.</summary>
    public void Read(long first, Span<double> destination) => ElementReader.ReadDoubles(_file, _what, Type, StartOf(first, destination.Length), destination);

    private long StartOf(long first, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, Count - length);
        return _start + first * Type.Size();
    }
}

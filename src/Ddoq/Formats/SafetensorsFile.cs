using Ddoq.Foundations;

namespace Ddoq.Formats;

/// <summary>
/// A safetensors file, memory-mapped: opening costs the header, reading a tensor costs its bytes. The header is checked by the rules
/// of the reference parser (no hole, overlap, surplus byte, duplicate name or overflow), so nothing in a hostile file can read or
/// allocate beyond the file's own size. Safe from several threads.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly MappedFile _file;
    private readonly SafetensorsHeader _header;
    private readonly Dictionary<string, TensorEntry> _byName;

    private SafetensorsFile(MappedFile file)
    {
        _file = file;
        _header = SafetensorsHeader.Parse(file);
        _byName = _header.Tensors.ToDictionary(t => t.Name);
    }

    /// <summary>Path as given to <see cref="Open"/>.</summary>
    public string Path => _file.Path;

    /// <summary>All tensors, in the order of their bytes.</summary>
    public IReadOnlyList<TensorEntry> Tensors => _header.Tensors;

    /// <summary>The text-to-text map that the writer left; empty if none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Maps the file and checks its header.</summary>
    /// <exception cref="BadInputException">The file is missing or breaks a rule of the format; the message names path and tensor.</exception>
    public static SafetensorsFile Open(string path)
    {
        var file = MappedFile.Open(path);
        try
        {
            return new SafetensorsFile(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether a tensor of that name is there.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="BadInputException">There is none; the message lists names that are there.</exception>
    public TensorEntry Find(string name) => _byName.TryGetValue(name, out var entry)
        ? entry
        : throw new BadInputException($"'{Path}' holds no tensor '{name}'. It holds {Tensors.Count}: {string.Join(", ", Tensors.Take(8).Select(t => t.Name))}{(Tensors.Count > 8 ? ", …" : "")}.");

    /// <summary>All elements as float32, row-major. F16 and BF16 are widened; F64 is rounded.</summary>
    /// <exception cref="BadInputException">No such tensor, not a float type, more than 2^31 elements, or a F64 value beyond float32's range.</exception>
    public float[] ReadFloats(string name)
    {
        var entry = Find(name);
        var values = new float[CountOf(entry)];
        ElementReader.ReadFloats(_file, Describe(entry), entry.Type, entry.Start, values);
        return values;
    }

    /// <summary>Elements from <paramref name="first"/> on as float32, as many as <paramref name="destination"/> holds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the tensor.</exception>
    public void ReadFloats(string name, long first, Span<float> destination)
    {
        var entry = Find(name);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, entry.Count - destination.Length);
        ElementReader.ReadFloats(_file, Describe(entry), entry.Type, entry.Start + first * entry.Type.Size(), destination);
    }

    /// <summary>All elements of a float tensor as float64, without loss.</summary>
    public double[] ReadDoubles(string name)
    {
        var entry = Find(name);
        var values = new double[CountOf(entry)];
        ElementReader.ReadDoubles(_file, Describe(entry), entry.Type, entry.Start, values);
        return values;
    }

    /// <summary>All elements of an integer or bool tensor as int64.</summary>
    public long[] ReadInt64(string name)
    {
        var entry = Find(name);
        var values = new long[CountOf(entry)];
        ElementReader.ReadInt64(_file, Describe(entry), entry.Type, entry.Start, values);
        return values;
    }

    /// <summary>The raw little-endian bytes of a tensor of any type.</summary>
    public byte[] ReadBytes(string name)
    {
        var entry = Find(name);
        if (entry.ByteLength > Array.MaxLength) throw TooLarge(entry);
        var bytes = new byte[entry.ByteLength];
        _file.Read(entry.Start, bytes);
        return bytes;
    }

    /// <summary>A tensor's elements as floats, readable from any place on; valid while this file is open.</summary>
    internal MappedFloats Floats(TensorEntry entry) => new(_file, Describe(entry), entry.Type, entry.Start, entry.Count);

    /// <summary>Releases the mapping.</summary>
    public void Dispose() => _file.Dispose();

    private long CountOf(TensorEntry entry) => entry.Count <= Array.MaxLength ? entry.Count : throw TooLarge(entry);

    private BadInputException TooLarge(TensorEntry entry) =>
        new($"{Describe(entry)} in '{Path}' holds {entry.Count} elements; at most {Array.MaxLength} can be read at once. Read it in parts.");

    private static string Describe(TensorEntry entry) => $"tensor '{entry.Name}'";
}

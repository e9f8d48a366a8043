using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ddoq.Formats;

/// <summary>
/// Collects tensors and writes them as one safetensors file. The same content gives the same bytes: tensors are sorted by element
/// size (largest first, so that every tensor is aligned) and then by name, metadata by key. Arrays are held, not copied.
/// </summary>
public sealed class SafetensorsWriter
{
    private readonly Dictionary<string, Item> _items = [];
    private readonly SortedDictionary<string, string> _metadata = new(StringComparer.Ordinal);

    private sealed record Item(string Name, ElementType Type, long[] Shape, long ByteLength, Action<Stream> Content);

    /// <summary>Adds or replaces a text of the metadata map.</summary>
    public SafetensorsWriter Describe(string key, string value)
    {
        _metadata[key] = value;
        return this;
    }

    /// <summary>Adds a float32 tensor, row-major.</summary>
    /// <exception cref="ArgumentException">The name is taken or reserved, or the shape does not fit the length.</exception>
    public SafetensorsWriter Add(string name, ReadOnlyMemory<float> values, params long[] shape) => AddItem(name, ElementType.Float32, values, shape);

    /// <summary>Adds a float32 tensor from its parts, one after another, row-major; they are written without being joined in memory.</summary>
    /// <exception cref="ArgumentException">The name is taken or reserved, or the shape does not fit the length of all parts.</exception>
    public SafetensorsWriter AddParts(string name, IReadOnlyList<ReadOnlyMemory<float>> parts, params long[] shape)
    {
        var count = parts.Sum(p => (long)p.Length);
        return Insert(new Item(name, ElementType.Float32, shape, count * sizeof(float), s => WriteParts(s, parts)), count);
    }

    /// <summary>Adds a float16 tensor, row-major.</summary>
    public SafetensorsWriter Add(string name, ReadOnlyMemory<Half> values, params long[] shape) => AddItem(name, ElementType.Float16, values, shape);

    /// <summary>Adds a float64 tensor, row-major.</summary>
    public SafetensorsWriter Add(string name, ReadOnlyMemory<double> values, params long[] shape) => AddItem(name, ElementType.Float64, values, shape);

    /// <summary>Adds an int64 tensor, row-major.</summary>
    public SafetensorsWriter Add(string name, ReadOnlyMemory<long> values, params long[] shape) => AddItem(name, ElementType.Int64, values, shape);

    /// <summary>Adds an int32 tensor, row-major.</summary>
    public SafetensorsWriter Add(string name, ReadOnlyMemory<int> values, params long[] shape) => AddItem(name, ElementType.Int32, values, shape);

    /// <summary>Adds a tensor of bytes (U8), row-major.</summary>
    public SafetensorsWriter Add(string name, ReadOnlyMemory<byte> values, params long[] shape) => AddItem(name, ElementType.UInt8, values, shape);

    /// <summary>Adds a tensor of any type from its little-endian bytes.</summary>
    public SafetensorsWriter AddRaw(string name, ElementType type, ReadOnlyMemory<byte> bytes, params long[] shape)
    {
        if (bytes.Length % type.Size() != 0) throw new ArgumentException($"{bytes.Length} bytes are no whole number of {type.Tag()} elements.", nameof(bytes));
        return Insert(new Item(name, type, shape, bytes.Length, s => s.Write(bytes.Span)), bytes.Length / type.Size());
    }

    /// <summary>Writes the file under a temporary name and renames it.</summary>
    /// <param name="path">Final name.</param>
    /// <param name="replace">Whether an existing file may be replaced.</param>
    /// <exception cref="Foundations.UsageException">The file exists and <paramref name="replace"/> is false.</exception>
    /// <exception cref="Foundations.WorkFailedException">The disk refuses.</exception>
    public void Write(string path, bool replace = false) => WholeFile.Write(path, replace, WriteTo);

    private void WriteTo(Stream stream)
    {
        var items = _items.Values.OrderByDescending(i => i.Type.Size()).ThenBy(i => i.Name, StringComparer.Ordinal).ToList();
        var header = Header(items);
        stream.Write(BitConverter.GetBytes((ulong)header.Length));
        stream.Write(header);
        foreach (var item in items) item.Content(stream);
    }

    private byte[] Header(List<Item> items)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (_metadata.Count > 0) WriteMetadata(json);
            WriteEntries(json, items);
            json.WriteEndObject();
        }
        while (buffer.Length % 8 != 0) buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    private void WriteMetadata(Utf8JsonWriter json)
    {
        json.WriteStartObject(SafetensorsHeader.MetadataKey);
        foreach (var (key, value) in _metadata) json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static void WriteEntries(Utf8JsonWriter json, List<Item> items)
    {
        var start = 0L;
        foreach (var item in items)
        {
            json.WriteStartObject(item.Name);
            json.WriteString("dtype", item.Type.Tag());
            WriteIntegers(json, "shape", item.Shape);
            WriteIntegers(json, "data_offsets", [start, start + item.ByteLength]);
            json.WriteEndObject();
            start += item.ByteLength;
        }
    }

    private static void WriteIntegers(Utf8JsonWriter json, string key, long[] values)
    {
        json.WriteStartArray(key);
        foreach (var v in values) json.WriteNumberValue(v);
        json.WriteEndArray();
    }

    private SafetensorsWriter AddItem<T>(string name, ElementType type, ReadOnlyMemory<T> values, long[] shape) where T : unmanaged =>
        Insert(new Item(name, type, shape, (long)values.Length * type.Size(), s => WriteElements(s, values.Span)), values.Length);

    private static void WriteParts(Stream stream, IReadOnlyList<ReadOnlyMemory<float>> parts)
    {
        foreach (var part in parts) WriteElements(stream, part.Span);
    }

    // In parts: the bytes of a large array do not fit one span.
    private static void WriteElements<T>(Stream stream, ReadOnlySpan<T> values) where T : unmanaged
    {
        const int part = 1 << 20;
        for (var i = 0; i < values.Length; i += part)
            stream.Write(MemoryMarshal.AsBytes(values.Slice(i, Math.Min(part, values.Length - i))));
    }

    private SafetensorsWriter Insert(Item item, long count)
    {
        if (item.Name == SafetensorsHeader.MetadataKey) throw new ArgumentException($"'{item.Name}' is reserved.", nameof(item));
        var expected = item.Shape.Aggregate(1L, (product, extent) => checked(product * extent));
        if (item.Shape.Any(e => e < 0) || expected != count)
            throw new ArgumentException($"tensor '{item.Name}': shape [{string.Join(", ", item.Shape)}] does not fit {count} elements.", nameof(item));
        if (!_items.TryAdd(item.Name, item)) throw new ArgumentException($"tensor '{item.Name}' was added before.", nameof(item));
        return this;
    }
}

using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Ddoq.Foundations;

namespace Ddoq.Formats;

/// <summary>
/// The header of a safetensors file, checked against the rules of the reference parser: every byte of the file belongs to
/// exactly one tensor or to the header, so that a file has one meaning only.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The reference implementation's limit.</summary>
    public const long MaximumHeaderBytes = 100_000_000;

    public const string MetadataKey = "__metadata__";

    private readonly string _path;
    private readonly long _dataStart;
    private readonly Dictionary<string, string> _metadata = [];
    private readonly List<TensorEntry> _tensors = [];

    private SafetensorsHeader(string path, long dataStart) => (_path, _dataStart) = (path, dataStart);

    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Tensors in the order of their bytes.</summary>
    public IReadOnlyList<TensorEntry> Tensors => _tensors;

    public static SafetensorsHeader Parse(MappedFile file)
    {
        var bytes = ReadHeaderBytes(file);
        var header = new SafetensorsHeader(file.Path, 8 + bytes.Length);
        header.ReadJson(bytes);
        header.CheckLayout(file.Length - header._dataStart);
        return header;
    }

    private static byte[] ReadHeaderBytes(MappedFile file)
    {
        if (file.Length < 8) throw Bad(file.Path, $"expected at least 8 bytes, found {file.Length}. The file is truncated");
        Span<byte> prefix = stackalloc byte[8];
        file.Read(0, prefix);
        RefuseOtherFormats(file.Path, prefix);
        var length = BitConverter.ToUInt64(prefix);
        if (length > MaximumHeaderBytes) throw Bad(file.Path, $"the header claims {length} bytes; at most {MaximumHeaderBytes} are permitted");
        if ((long)length > file.Length - 8) throw Bad(file.Path, $"the header claims {length} bytes, but only {file.Length - 8} follow. The file is truncated");
        var header = new byte[length];
        file.Read(8, header);
        return header;
    }

    // A zip or pickle would give a meaningless length: name it and say what to do instead.
    private static void RefuseOtherFormats(string path, ReadOnlySpan<byte> prefix)
    {
        var zip = prefix[..4].SequenceEqual("PK\x3\x4"u8);
        var pickle = prefix[0] == 0x80 && prefix[1] is >= 2 and <= 5 && prefix[7] != 0;
        if (zip || pickle)
            throw Bad(path, "this is a PyTorch archive, not safetensors. Convert it in Python: safetensors.torch.save_file(torch.load(path, weights_only=True), 'model.safetensors')");
    }

    private void ReadJson(byte[] bytes)
    {
        if (!Utf8.IsValid(bytes)) throw Bad(_path, "the header is not valid UTF-8");
        if (bytes.Length == 0 || bytes[0] != (byte)'{') throw Bad(_path, "the header does not start with '{'");
        try
        {
            using var json = JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 });
            foreach (var property in json.RootElement.EnumerateObject()) ReadProperty(property);
        }
        catch (JsonException e)
        {
            throw Bad(_path, $"the header is not valid JSON: {e.Message.TrimEnd('.')}", e);
        }
        catch (InvalidOperationException e) // thrown for names and strings with half a surrogate pair
        {
            throw Bad(_path, "a name or text in the header is not valid Unicode", e);
        }
    }

    private void ReadProperty(JsonProperty property)
    {
        if (property.Name == MetadataKey) ReadMetadata(property.Value);
        else _tensors.Add(ReadTensor(property.Name, property.Value));
    }

    private void ReadMetadata(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object) throw Bad(_path, $"'{MetadataKey}' must be an object of texts, found {value.ValueKind}");
        foreach (var entry in value.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.String) throw Bad(_path, $"metadata '{entry.Name}' must be a text, found {entry.Value.ValueKind}");
            _metadata.Add(entry.Name, entry.Value.GetString()!);
        }
    }

    private TensorEntry ReadTensor(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object) throw BadTensor(name, $"expected an object with dtype, shape and data_offsets, found {value.ValueKind}");
        var type = ReadType(name, value);
        var shape = ReadIntegers(name, value, "shape");
        var offsets = ReadIntegers(name, value, "data_offsets");
        if (offsets.Length != 2) throw BadTensor(name, $"data_offsets must hold 2 numbers, found {offsets.Length}");
        if (offsets[0] > offsets[1]) throw BadTensor(name, $"data_offsets run backwards: [{offsets[0]}, {offsets[1]}]");
        var expected = ByteLength(name, type, shape);
        if (offsets[1] - offsets[0] != expected)
            throw BadTensor(name, $"{type.Tag()} [{string.Join(", ", shape)}] needs {expected} bytes, data_offsets give {offsets[1] - offsets[0]}");
        return new TensorEntry(name, type, shape, offsets[0], expected);
    }

    private ElementType ReadType(string name, JsonElement value)
    {
        if (!value.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String) throw BadTensor(name, "has no dtype");
        if (ElementTypes.TryParse(dtype.GetString()!, out var type)) return type;
        throw BadTensor(name, $"unknown dtype '{dtype.GetString()}'");
    }

    private long[] ReadIntegers(string name, JsonElement value, string key)
    {
        if (!value.TryGetProperty(key, out var list) || list.ValueKind != JsonValueKind.Array) throw BadTensor(name, $"has no list '{key}'");
        return [.. list.EnumerateArray().Select(n => n.ValueKind == JsonValueKind.Number && n.TryGetInt64(out var v) && v >= 0
            ? v
            : throw BadTensor(name, $"'{key}' must hold whole numbers in [0, 2^63), found {n.GetRawText()}"))];
    }

    private long ByteLength(string name, ElementType type, long[] shape)
    {
        try
        {
            return shape.Aggregate((long)type.Size(), (product, extent) => checked(product * extent));
        }
        catch (OverflowException e)
        {
            throw BadTensor(name, $"the shape [{string.Join(", ", shape)}] overflows 2^63 bytes", e);
        }
    }

    // Offsets in the header count from the end of the header; entries keep them from the start of the file.
    private void CheckLayout(long dataLength)
    {
        _tensors.Sort((a, b) => (a.Start, a.ByteLength).CompareTo((b.Start, b.ByteLength)));
        var end = 0L;
        for (var i = 0; i < _tensors.Count; i++)
        {
            var t = _tensors[i];
            if (t.Start != end) throw BadTensor(t.Name, $"starts at byte {t.Start} of the data, expected {end}: tensors must follow each other without hole or overlap");
            end = t.Start + t.ByteLength;
            if (end > dataLength) throw BadTensor(t.Name, $"ends at byte {end} of the data, but only {dataLength} are there. The file is truncated");
            _tensors[i] = new TensorEntry(t.Name, t.Type, t.Shape, _dataStart + t.Start, t.ByteLength);
        }
        if (end != dataLength) throw Bad(_path, $"{dataLength - end} bytes follow the last tensor; expected none");
    }

    private BadInputException BadTensor(string name, string problem, Exception? inner = null) => Bad(_path, $"tensor '{name}': {problem}", inner);

    private static BadInputException Bad(string path, string problem, Exception? inner = null) =>
        new($"'{path}' is not a valid safetensors file: {problem}.", inner);
}

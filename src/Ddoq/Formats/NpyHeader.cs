using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Ddoq.Foundations;

namespace Ddoq.Formats;

/// <summary>Header of an .npy file, formats 1.0 to 3.0: element type, shape, and where the elements start. C order only.</summary>
internal sealed partial record NpyHeader(ElementType Type, long[] Shape, int DataStart)
{
    /// <summary>Header bytes that we write: room for any two-axis shape, and elements start 64-byte aligned as in numpy.</summary>
    public const int WrittenBytes = 128;

    private const int MaximumTextBytes = 1_000_000;

    private static readonly Dictionary<string, ElementType> ByDescription = new()
    {
        ["<f2"] = ElementType.Float16,
        ["<f4"] = ElementType.Float32,
        ["<f8"] = ElementType.Float64,
        ["<i4"] = ElementType.Int32,
        ["<i8"] = ElementType.Int64,
        ["|u1"] = ElementType.UInt8,
        ["|b1"] = ElementType.Bool,
    };

    public long Count => Shape.Aggregate(1L, (product, extent) => product * extent);

    public static NpyHeader Parse(MappedFile file)
    {
        Span<byte> prefix = stackalloc byte[12];
        if (file.Length < prefix.Length) throw Bad(file.Path, $"expected at least {prefix.Length} bytes, found {file.Length}. The file is truncated");
        file.Read(0, prefix);
        if (!IsMagic(prefix)) throw Bad(file.Path, "it does not start with the numpy magic");
        var (textStart, textLength) = prefix[6] switch
        {
            1 => (10, (long)BitConverter.ToUInt16(prefix[8..])),
            2 or 3 => (12, BitConverter.ToUInt32(prefix[8..])),
            var version => throw Bad(file.Path, $"format version {version} is unknown; 1 to 3 are read"),
        };
        if (textLength > Math.Min(MaximumTextBytes, file.Length - textStart)) throw Bad(file.Path, $"the header claims {textLength} bytes. The file is truncated or damaged");
        var text = new byte[textLength];
        file.Read(textStart, text);
        var header = ParseText(file.Path, Encoding.UTF8.GetString(text), textStart + (int)textLength);
        header.CheckLength(file);
        return header;
    }

    /// <summary>The bytes that numpy would write, padded to <see cref="WrittenBytes"/> so that the shape can be patched later.</summary>
    public static byte[] Format(ElementType type, params long[] shape)
    {
        var description = ByDescription.FirstOrDefault(p => p.Value == type).Key
            ?? throw new ArgumentException($"{type} has no .npy description here; use {string.Join(", ", ByDescription.Values)}.", nameof(type));
        var axes = shape.Length == 1 ? $"{shape[0]}," : string.Join(", ", shape);
        var text = $"{{'descr': '{description}', 'fortran_order': False, 'shape': ({axes}), }}";
        var bytes = new byte[WrittenBytes];
        byte[] prefix = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, WrittenBytes - 10, 0];
        prefix.CopyTo(bytes, 0);
        bytes.AsSpan(prefix.Length).Fill((byte)' ');
        Encoding.ASCII.GetBytes(text, bytes.AsSpan(prefix.Length, WrittenBytes - 11));
        bytes[^1] = (byte)'\n';
        return bytes;
    }

    private static bool IsMagic(ReadOnlySpan<byte> prefix) => prefix[0] == 0x93 && prefix[1..6].SequenceEqual("NUMPY"u8);

    private static NpyHeader ParseText(string path, string text, int dataStart)
    {
        var match = Dictionary().Match(text);
        if (!match.Success) throw Bad(path, $"the header is not a plain array description: {text.Trim()}");
        var description = match.Groups["descr"].Value;
        if (!ByDescription.TryGetValue(description, out var type))
            throw Bad(path, $"element type '{description}' is not read; expected one of {string.Join(", ", ByDescription.Keys)}. Convert with .astype('float32')");
        var shape = ParseShape(path, match.Groups["shape"].Value);
        if (match.Groups["order"].Value == "True" && shape.Count(e => e > 1) > 1)
            throw Bad(path, "the array is stored column by column. Save numpy.ascontiguousarray(x) instead");
        return new NpyHeader(type, shape, dataStart);
    }

    private static long[] ParseShape(string path, string text) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(e => long.TryParse(e, NumberStyles.None, CultureInfo.InvariantCulture, out var extent) ? extent : throw Bad(path, $"'{e}' is no extent of a shape"))];

    private void CheckLength(MappedFile file)
    {
        UInt128 expected = (uint)Type.Size();
        foreach (var extent in Shape)
        {
            expected *= (ulong)extent;
            if (expected > long.MaxValue) throw Bad(file.Path, $"the shape ({string.Join(", ", Shape)}) overflows 2^63 bytes");
        }
        if ((long)expected != file.Length - DataStart)
            throw Bad(file.Path, $"{Type.Tag()} ({string.Join(", ", Shape)}) needs {expected} bytes after the header, found {file.Length - DataStart}. The file is truncated or damaged");
    }

    private static BadInputException Bad(string path, string problem) => new($"'{path}' is not a readable .npy file: {problem}.");

    [GeneratedRegex(@"^\s*\{\s*'descr':\s*'(?<descr>[^']*)',\s*'fortran_order':\s*(?<order>True|False),\s*'shape':\s*\((?<shape>[0-9, ]*)\),?\s*\}\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex Dictionary();
}

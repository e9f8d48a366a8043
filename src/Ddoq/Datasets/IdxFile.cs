using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>
/// One IDX file of unsigned bytes: magic 00 00 08 d, then d big-endian sizes, then the bytes. Plain or gzip, told apart by the first bytes.
/// </summary>
internal sealed class IdxFile
{
    private const byte UnsignedBytes = 0x08;
    private const int MaximumDimensions = 4;

    // Deflate cannot expand more than this: a header that claims more than the file can hold is refused before memory is taken.
    private const long MaximumExpansion = 1032;

    private IdxFile(string path, byte[] header, int[] sizes, byte[] body) => (Path, Header, Sizes, Body) = (path, header, sizes, body);

    public string Path { get; }

    public byte[] Header { get; }

    public int[] Sizes { get; }

    public byte[] Body { get; }

    /// <summary>SHA-256 of the uncompressed file.</summary>
    public string Sha256()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Header);
        hash.AppendData(Body);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Reads a file whose number of dimensions is in [<paramref name="least"/>, <paramref name="most"/>].</summary>
    public static IdxFile Read(string path, int least, int most, string content)
    {
        try
        {
            using var file = Open(path);
            var gzip = IsGzip(file);
            using var stream = gzip ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
            return Parse(stream, path, gzip ? file.Length * MaximumExpansion : file.Length, least, most, content);
        }
        catch (InvalidDataException e)
        {
            throw new BadInputException($"IDX file '{path}' is damaged: its gzip data do not unpack ({e.Message}). Fetch it again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"IDX file '{path}' cannot be read: {e.Message} Check the path and its permissions.", e);
        }
    }

    private static FileStream Open(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists) throw new BadInputException($"IDX file '{path}' does not exist. Check the path.");
        if (file.Length == 0 && file.LinkTarget is null) throw new BadInputException($"IDX file '{path}' is empty or no regular file. Fetch it again.");
        return file.OpenRead();
    }

    private static bool IsGzip(FileStream file)
    {
        Span<byte> magic = stackalloc byte[2];
        var read = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false);
        file.Position = 0;
        return read == 2 && magic[0] == 0x1F && magic[1] == 0x8B;
    }

    private static IdxFile Parse(Stream stream, string path, long bound, int least, int most, string content)
    {
        var header = new byte[4 * (MaximumDimensions + 1)];
        Fill(stream, header.AsSpan(0, 4), path, 4);
        var dimensions = RequireMagic(header, path, least, most, content);
        header = header[..(4 * (dimensions + 1))];
        Fill(stream, header.AsSpan(4), path, header.Length);
        var (sizes, length) = ReadSizes(header, path);
        if (length > bound) throw Truncated(path, header.Length + length, $"the whole file can hold at most {bound}");
        var body = GC.AllocateUninitializedArray<byte>((int)length);
        Fill(stream, body, path, header.Length + length);
        if (stream.ReadByte() >= 0)
            throw new BadInputException($"IDX file '{path}' goes on after the {header.Length + length} bytes that its header {Describe(sizes)} announces. Fetch it again.");
        return new IdxFile(path, header, sizes, body);
    }

    private static int RequireMagic(ReadOnlySpan<byte> header, string path, int least, int most, string content)
    {
        if (header[0] != 0 || header[1] != 0)
            throw new BadInputException($"'{path}' is no IDX file: expected the bytes 00 00 08 {least:x2} at its start, found {Convert.ToHexStringLower(header[..4])}. Check that it is the right file.");
        if (header[2] != UnsignedBytes)
            throw new BadInputException($"IDX file '{path}' holds values of type 0x{header[2]:x2}; expected 0x08, unsigned bytes. Convert it.");
        if (header[3] < least || header[3] > most)
            throw new BadInputException($"IDX file '{path}' has {header[3]} dimensions; {content} have {(least == most ? $"{least}" : $"{least} or {most}")}. Check that images and labels are not exchanged.");
        return header[3];
    }

    private static (int[] Sizes, long Length) ReadSizes(ReadOnlySpan<byte> header, string path)
    {
        var sizes = new int[header[3]];
        var length = UInt128.One;
        for (var i = 0; i < sizes.Length; i++)
        {
            var size = BinaryPrimitives.ReadUInt32BigEndian(header[(4 * (i + 1))..]);
            length *= size;
            if (size == 0) throw new BadInputException($"IDX file '{path}' announces size 0 in dimension {i}: it holds nothing. Fetch or write it again.");
            if (size > int.MaxValue || length > (UInt128)Array.MaxLength)
                throw new BadInputException($"IDX file '{path}' announces {length} bytes or more in dimension {i} (size {size}); at most {Array.MaxLength} are read. Its header is damaged, or it must be split.");
            sizes[i] = (int)size;
        }
        return (sizes, (long)length);
    }

    private static void Fill(Stream stream, Span<byte> target, string path, long expectedEnd)
    {
        var read = stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        if (read < target.Length) throw Truncated(path, expectedEnd, $"it ends after {expectedEnd - target.Length + read}");
    }

    private static BadInputException Truncated(string path, long expected, string found) =>
        new($"IDX file '{path}' is truncated: expected {expected} bytes (uncompressed), but {found}. Fetch it again.");

    private static string Describe(int[] sizes) => string.Join('x', sizes);
}

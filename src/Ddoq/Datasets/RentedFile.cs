using System.Buffers;
using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>A file's bytes in a pooled buffer: a fresh array per image costs more in page faults than decoding it.</summary>
internal readonly struct RentedFile : IDisposable
{
    private readonly byte[] _buffer;
    private readonly int _length;

    private RentedFile(byte[] buffer, int length) => (_buffer, _length) = (buffer, length);

    /// <summary>The file's bytes, valid until disposal.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="BadInputException">The file is missing, empty, over the length limit, forbidden, or changes while it is read.</exception>
    public static RentedFile Read(string path)
    {
        var length = RequireLength(path);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            using var stream = File.OpenRead(path);
            stream.ReadExactly(buffer, 0, length);
            return new RentedFile(buffer, length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw new BadInputException($"image '{path}' cannot be read: {e.Message} Check that it is whole and that you may read it.", e);
        }
    }

    /// <inheritdoc />
    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    // Pipes, sockets and devices have length 0 too: refusing it before opening keeps us from waiting on a pipe for ever.
    private static int RequireLength(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists) throw new BadInputException($"image '{path}' does not exist or cannot be seen. Check the path and its permissions.");
        var length = File.ResolveLinkTarget(path, returnFinalTarget: true) is FileInfo target ? target.Length : file.Length;
        if (length == 0) throw new BadInputException($"image '{path}' is empty or no regular file. Remove it or copy it again.");
        if (length > ImageCodec.MaximumFileLength)
            throw new BadInputException($"image '{path}' has {length} bytes; at most {ImageCodec.MaximumFileLength} are read. Shrink or remove it.");
        return (int)length;
    }
}

using System.IO.MemoryMappedFiles;
using Ddoq.Foundations;

namespace Ddoq.Formats;

/// <summary>
/// A file mapped for reading. Bytes are copied out on request, so that no pointer outlives the mapping and pages
/// that nobody asks for are never read. Safe from several threads.
/// </summary>
internal sealed class MappedFile : IDisposable
{
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;

    private MappedFile(string path, long length, MemoryMappedFile? map)
    {
        (Path, Length, _map) = (path, length, map);
        _view = map?.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
    }

    public string Path { get; }

    public long Length { get; }

    /// <exception cref="BadInputException">The file is missing, a folder, or not readable.</exception>
    /// <exception cref="WorkFailedException">The system refuses the mapping.</exception>
    public static MappedFile Open(string path)
    {
        try
        {
            return Map(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"file '{path}' does not exist. Check the path.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new BadInputException($"file '{path}' cannot be read: it is a folder, or its permissions forbid it.", e);
        }
        catch (IOException e)
        {
            throw new WorkFailedException($"file '{path}' cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>Copies bytes from <paramref name="offset"/> on; the range must lie within the file.</summary>
    public unsafe void Read(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - destination.Length);
        if (destination.IsEmpty) return;
        var handle = _view!.SafeMemoryMappedViewHandle;
        byte* start = null;
        handle.AcquirePointer(ref start);
        try
        {
            new ReadOnlySpan<byte>(start + _view.PointerOffset + offset, destination.Length).CopyTo(destination);
        }
        finally
        {
            handle.ReleasePointer();
        }
    }

    public void Dispose()
    {
        _view?.Dispose();
        _map?.Dispose();
    }

    // The length comes from the open handle, not from a second look at the name. An empty file cannot be mapped.
    private static MappedFile Map(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            if (stream.Length > 0)
                return new MappedFile(path, stream.Length, MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false));
        }
        catch
        {
            stream.Dispose();
            throw;
        }
        stream.Dispose();
        return new MappedFile(path, 0, null);
    }
}

namespace Ddoq.Formats;

/// <summary>
/// Writes an .npy file of rows whose number is not known beforehand: the header is patched at <see cref="Finish"/>.
/// Rows are buffered and the file is open only while they are flushed, so thousands of files can grow side by side.
/// The caller stages the file: it lies under its own name at once, with a header that counts no rows until the end.
/// </summary>
/// <typeparam name="T">Half, float, double, int or long.</typeparam>
public sealed class NpyWriter<T> where T : unmanaged
{
    private const int FlushAtElements = 1 << 18;

    private readonly string _path;
    private readonly int _columns;
    private readonly List<T> _pending = [];
    private long _count;

    /// <summary>Creates the file with room for the header, or continues one.</summary>
    /// <param name="path">File; unless <paramref name="resume"/> is set it must not exist.</param>
    /// <param name="columns">Elements per row; 0 for a one-axis array.</param>
    /// <param name="resume">Keeps the whole rows of a file that an earlier writer left, and drops what follows the last of them.</param>
    public NpyWriter(string path, int columns = 0, bool resume = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        (_path, _columns) = (path, columns);
        using var stream = new FileStream(path, resume ? FileMode.OpenOrCreate : FileMode.CreateNew, FileAccess.Write);
        var rows = Math.Max(0, stream.Length - NpyHeader.WrittenBytes) / RowBytes;
        if (stream.Length > 0) stream.SetLength(rows == 0 ? 0 : NpyHeader.WrittenBytes + rows * RowBytes);
        stream.Write(Header()); // of no rows, as in a new file: only Finish counts them
        _count = rows * RowElements;
    }

    /// <summary>Rows appended so far.</summary>
    public long Rows => _count / RowElements;

    private int RowElements => Math.Max(1, _columns);

    private long RowBytes => (long)RowElements * NpyFile.TypeOf<T>().Size();

    /// <summary>Appends whole rows.</summary>
    public void Append(ReadOnlySpan<T> values)
    {
        if (_columns > 0 && values.Length % _columns != 0) throw new ArgumentException($"{values.Length} elements are no whole number of rows of {_columns}.", nameof(values));
        _pending.AddRange(values);
        _count += values.Length;
        if (_pending.Count >= FlushAtElements) Flush();
    }

    /// <summary>Writes what waits in memory.</summary>
    public void Flush()
    {
        if (_pending.Count == 0) return;
        using var stream = new FileStream(_path, FileMode.Append, FileAccess.Write);
        NpyFile.WriteElements<T>(stream, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_pending));
        _pending.Clear();
        _pending.TrimExcess(); // with thousands of files side by side the empty buffers would add up
    }

    /// <summary>Drops all rows after the first <paramref name="rows"/>.</summary>
    public void Truncate(long rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, Rows);
        Flush();
        using var stream = new FileStream(_path, FileMode.Open, FileAccess.Write);
        stream.SetLength(NpyHeader.WrittenBytes + rows * RowBytes);
        _count = rows * RowElements;
    }

    /// <summary>The elements appended so far, read from the file.</summary>
    public T[] ReadBack()
    {
        Flush();
        var values = new T[_count];
        using var stream = new FileStream(_path, FileMode.Open, FileAccess.Read);
        stream.Seek(NpyHeader.WrittenBytes, SeekOrigin.Begin);
        stream.ReadExactly(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>Flushes, and writes the final shape.</summary>
    public void Finish()
    {
        Flush();
        using var stream = new FileStream(_path, FileMode.Open, FileAccess.Write);
        stream.Write(Header());
        stream.Flush(flushToDisk: true);
    }

    private byte[] Header() => NpyHeader.Format(NpyFile.TypeOf<T>(), _columns == 0 ? [_count] : [_count / _columns, _columns]);
}

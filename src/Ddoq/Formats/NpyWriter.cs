namespace Ddoq.Formats;

/// <summary>
/// Writes an .npy file of rows whose number is not known beforehand: the header is patched at <see cref="Finish"/>.
/// The caller stages the file (it lies under its own name at once).
/// </summary>
/// <typeparam name="T">Half, float, double, int or long.</typeparam>
public sealed class NpyWriter<T> : IDisposable where T : unmanaged
{
    private readonly FileStream _stream;
    private readonly int _columns;
    private long _count;

    /// <summary>Creates the file with room for the header.</summary>
    /// <param name="path">File, which must not exist.</param>
    /// <param name="columns">Elements per row; 0 for a one-axis array.</param>
    public NpyWriter(string path, int columns = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        _columns = columns;
        _stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
        _stream.Write(NpyHeader.Format(NpyFile.TypeOf<T>(), Shape));
    }

    /// <summary>Rows written so far.</summary>
    public long Rows => _columns == 0 ? _count : _count / _columns;

    private long[] Shape => _columns == 0 ? [_count] : [_count / _columns, _columns];

    /// <summary>Appends whole rows.</summary>
    public void Append(ReadOnlySpan<T> values)
    {
        if (_columns > 0 && values.Length % _columns != 0) throw new ArgumentException($"{values.Length} elements are no whole number of rows of {_columns}.", nameof(values));
        NpyFile.WriteElements(_stream, values);
        _count += values.Length;
    }

    /// <summary>Writes the final shape and flushes to disk.</summary>
    public void Finish()
    {
        _stream.Position = 0;
        _stream.Write(NpyHeader.Format(NpyFile.TypeOf<T>(), Shape));
        _stream.Flush(flushToDisk: true);
    }

    /// <summary>Closes the file. Without <see cref="Finish"/> its header says that it has no rows.</summary>
    public void Dispose() => _stream.Dispose();
}

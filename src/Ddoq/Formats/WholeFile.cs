using Ddoq.Foundations;

namespace Ddoq.Formats;

/// <summary>Writes files, and says in our words what the disk refused.</summary>
internal static class WholeFile
{
    /// <summary>Writes a file that appears whole or not at all.</summary>
    /// <exception cref="UsageException">The file exists and <paramref name="replace"/> is false.</exception>
    /// <exception cref="WorkFailedException">The disk is full, or the folder cannot be written.</exception>
    public static void Write(string path, bool replace, Action<FileStream> content) => TranslateErrors(path, () =>
    {
        using var staged = StagedOutput.File(path, replace);
        using (var stream = new FileStream(staged.Path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
        {
            content(stream);
            stream.Flush(flushToDisk: true);
        }
        staged.Commit();
    });

    /// <summary>Runs work that writes at <paramref name="path"/>, turning the system's errors into ours.</summary>
    public static void TranslateErrors(string path, Action work)
    {
        try
        {
            work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WorkFailedException($"'{path}' could not be written: {e.Message} Nothing is left under that name; free space or choose another place.", e);
        }
    }
}

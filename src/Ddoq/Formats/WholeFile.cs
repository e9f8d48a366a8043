using Ddoq.Foundations;

namespace Ddoq.Formats;

/// <summary>Writes a file that appears whole or not at all, and says in our words what the disk refused.</summary>
internal static class WholeFile
{
    /// <exception cref="UsageException">The file exists and <paramref name="replace"/> is false.</exception>
    /// <exception cref="WorkFailedException">The disk is full, or the folder cannot be written.</exception>
    public static void Write(string path, bool replace, Action<FileStream> content)
    {
        try
        {
            using var staged = StagedOutput.File(path, replace);
            using (var stream = new FileStream(staged.Path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            {
                content(stream);
                stream.Flush(flushToDisk: true);
            }
            staged.Commit();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WorkFailedException($"'{path}' could not be written: {e.Message} Nothing was left under that name; free space or choose another place.", e);
        }
    }
}

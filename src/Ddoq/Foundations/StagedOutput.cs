namespace Ddoq.Foundations;

/// <summary>
/// An output folder or file that appears whole or not at all: work is written to a sibling with a temporary name,
/// and <see cref="Commit"/> renames it. Disposing without a commit removes the temporary one.
/// </summary>
public sealed class StagedOutput : IDisposable
{
    private readonly string _final;
    private readonly bool _replace;
    private bool _committed;

    private StagedOutput(string final, string temporary, bool replace) => (_final, Path, _replace) = (final, temporary, replace);

    /// <summary>Where to write until the commit.</summary>
    public string Path { get; }

    /// <summary>Starts a folder.</summary>
    /// <exception cref="UsageException"><paramref name="path"/> exists and <paramref name="replace"/> is false.</exception>
    public static StagedOutput Folder(string path, bool replace = false)
    {
        var staged = Prepare(path, replace);
        Directory.CreateDirectory(staged.Path);
        return staged;
    }

    /// <summary>Starts a file.</summary>
    /// <exception cref="UsageException"><paramref name="path"/> exists and <paramref name="replace"/> is false.</exception>
    public static StagedOutput File(string path, bool replace = false) => Prepare(path, replace);

    /// <summary>Renames the temporary to the final name, replacing an older one if that was allowed.</summary>
    public void Commit()
    {
        if (Directory.Exists(Path)) CommitFolder();
        else System.IO.File.Move(Path, _final, _replace);
        _committed = true;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (!_committed) Remove(Path);
    }

    private static StagedOutput Prepare(string path, bool replace)
    {
        var final = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (!replace && (Directory.Exists(final) || System.IO.File.Exists(final)))
            throw new UsageException($"output '{path}' exists already. Choose another --out, or pass --force to replace it.");
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(final)!);
        return new StagedOutput(final, $"{final}.incomplete-{Environment.ProcessId}", replace);
    }

    private void CommitFolder() => Rename(Path, _final, _replace);

    /// <summary>Gives a whole folder its final name. Two renames: an older folder steps aside and goes only after the new one stands.</summary>
    internal static void Rename(string folder, string final, bool replace)
    {
        var aside = $"{final}.replaced-{Environment.ProcessId}";
        if (replace && Directory.Exists(final)) Directory.Move(final, aside);
        Directory.Move(folder, final);
        Remove(aside);
    }

    private static void Remove(string path)
    {
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        else if (System.IO.File.Exists(path)) System.IO.File.Delete(path);
    }
}

namespace Ddoq.Tests.Datasets;

/// <summary>Paths below a temporary folder.</summary>
internal static class NestedFiles
{
    /// <summary>A path whose folders exist; the file itself is not made.</summary>
    public static string File(this TemporaryFolder folder, params string[] parts)
    {
        var path = Path.Combine([folder.Path, .. parts]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }
}

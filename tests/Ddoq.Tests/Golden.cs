namespace Ddoq.Tests;

/// <summary>Finds the golden data: the folder of DDOQ_GOLDEN, else ../shared/golden beside the repository. Tests skip without it.</summary>
internal static class Golden
{
    /// <summary>Whether the data are there, for tests that find their cases in them.</summary>
    public static bool Exists => Directory.Exists(Folder);

    private static string Folder => Environment.GetEnvironmentVariable("DDOQ_GOLDEN") ?? Path.Combine(RepositoryRoot(), "..", "shared", "golden");

    /// <summary>A file or folder of the data. The test is skipped where this folder of data has no such part: another folder may hold other kinds.</summary>
    public static string File(params string[] parts)
    {
        if (!Exists) Miss($"golden data not found at '{Folder}'; set DDOQ_GOLDEN to its folder");
        var path = Path.Combine([Folder, .. parts]);
        if (!Path.Exists(path)) Assert.Skip($"the golden data have no '{Path.Combine(parts)}'");
        return path;
    }

    /// <summary>A JSON file of the data.</summary>
    public static System.Text.Json.JsonElement Json(params string[] parts) => System.Text.Json.JsonDocument.Parse(System.IO.File.ReadAllBytes(File(parts))).RootElement;

    /// <summary>Names, without extension, of the files of one folder: the cases of a kind. Empty without data.</summary>
    public static IEnumerable<string> Names(string folder, string pattern = "*.json")
    {
        var path = Path.Combine(Folder, folder);
        return Directory.Exists(path) ? Directory.GetFiles(path, pattern).Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal) : [];
    }

    // "./dev test golden" asks for the data: there an absent folder is a failure.
    private static void Miss(string reason)
    {
        if (Environment.GetEnvironmentVariable("DDOQ_GOLDEN_REQUIRED") == "1") Assert.Fail(reason);
        Assert.Skip(reason);
    }

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !System.IO.File.Exists(Path.Combine(folder, "Ddoq.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? AppContext.BaseDirectory;
    }
}

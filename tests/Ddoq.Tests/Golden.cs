namespace Ddoq.Tests;

/// <summary>Finds the golden data: the folder of DDOQ_GOLDEN, else ../shared/golden beside the repository. Tests skip without it.</summary>
internal static class Golden
{
    /// <summary>Whether the data are there, for tests that find their cases in them.</summary>
    public static bool Exists => Directory.Exists(Folder);

    private static string Folder => Environment.GetEnvironmentVariable("DDOQ_GOLDEN") ?? Path.Combine(RepositoryRoot(), "..", "shared", "golden");

    public static string File(params string[] parts)
    {
        if (!Exists) Miss($"golden data not found at '{Folder}'; set DDOQ_GOLDEN to its folder");
        return Path.Combine([Folder, .. parts]);
    }

    // "./dev golden" asks for the data: there an absent folder is a failure.
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

namespace Ddoq.Tests;

/// <summary>Finds the golden data: the folder of DDOQ_GOLDEN, else ../shared/golden beside the repository. Tests skip without it.</summary>
internal static class Golden
{
    public static string File(params string[] parts)
    {
        var folder = Environment.GetEnvironmentVariable("DDOQ_GOLDEN") ?? Path.Combine(RepositoryRoot(), "..", "shared", "golden");
        if (!Directory.Exists(folder)) Miss($"golden data not found at '{folder}'; set DDOQ_GOLDEN to its folder");
        return Path.Combine([folder, .. parts]);
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

namespace Ddoq.Tests;

/// <summary>Finds the golden data: the folder of DDOQ_GOLDEN, else ../shared/golden beside the repository. Tests skip without it.</summary>
internal static class Golden
{
    public static string File(params string[] parts)
    {
        var folder = Environment.GetEnvironmentVariable("DDOQ_GOLDEN") ?? Path.Combine(RepositoryRoot(), "..", "shared", "golden");
        if (!Directory.Exists(folder)) Assert.Skip($"golden data not found at '{folder}'; set DDOQ_GOLDEN to its folder");
        return Path.Combine([folder, .. parts]);
    }

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !System.IO.File.Exists(Path.Combine(folder, "Ddoq.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? AppContext.BaseDirectory;
    }
}

using Ddoq.Foundations;

namespace Ddoq.Distilled;

/// <summary>The files of a distilled set's folder, seen as bytes.</summary>
internal static class SetFiles
{
    /// <summary>Whether a path from a file inside the set stays inside it: relative, forward slashes, no step upwards, no address.</summary>
    public static bool IsInside(string file) =>
        file.Length > 0 && file[0] != '/' && !file.Contains('\\') && !file.Contains(':') && !file.Contains('\0') &&
        file.Split('/').All(part => part is not ("" or "." or ".."));

    /// <summary>Bytes of a file of the set, whatever they are.</summary>
    public static byte[] Read(string folder, string file)
    {
        var path = SetLayout.PathOf(folder, file);
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"the distilled set '{folder}' lacks '{file}'. Export it again or copy it whole.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WorkFailedException($"'{path}' could not be read: {e.Message}", e);
        }
    }

    /// <summary>Bytes of a file as the manifest promises them.</summary>
    public static byte[] ReadListed(string folder, string file, SetManifest manifest)
    {
        var record = Record(folder, file, manifest);
        var bytes = Read(folder, file);
        if (Difference(file, record, bytes) is { } difference)
            throw new BadInputException($"the distilled set '{folder}' was changed since its export: {difference} Run ddoq verify for all differences, and export it again.");
        return bytes;
    }

    /// <summary>What the manifest says of a file.</summary>
    public static FileRecord Record(string folder, string file, SetManifest manifest) => manifest.Files.TryGetValue(file, out var record)
        ? record
        : throw new BadInputException($"the manifest of '{folder}' does not list '{file}'. Export the set again.");

    /// <summary>How a file's bytes differ from its record; null when they agree.</summary>
    public static string? Difference(string file, FileRecord record, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != record.Bytes) return $"'{file}' has {bytes.Length} bytes, expected {record.Bytes}.";
        var hash = Hashes.OfBytes(bytes);
        return hash == record.Sha256 ? null : $"'{file}' has SHA-256 {hash}, expected {record.Sha256}.";
    }

    /// <summary>Files below the folder that are not part of the set. Links to folders are named, not followed.</summary>
    public static IEnumerable<string> Unlisted(string folder, SetManifest manifest) =>
        Walk(new DirectoryInfo(folder), "").Where(f => f is not (SetLayout.Manifest or SetLayout.ManifestHash) && !manifest.Files.ContainsKey(f))
            .Order(StringComparer.Ordinal);

    private static IEnumerable<string> Walk(DirectoryInfo folder, string prefix)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos())
            if (entry is DirectoryInfo inner && inner.LinkTarget is null)
                foreach (var file in Walk(inner, $"{prefix}{inner.Name}/")) yield return file;
            else yield return prefix + entry.Name;
    }
}

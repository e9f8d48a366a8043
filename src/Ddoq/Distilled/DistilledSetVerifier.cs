using Ddoq.Foundations;

namespace Ddoq.Distilled;

/// <summary>Recomputes everything that a distilled set claims about itself and lists what does not hold.</summary>
public static class DistilledSetVerifier
{
    /// <summary>
    /// Checks the manifest's own hash, size and hash of every file, missing and unlisted files, then class order, labels, counts,
    /// weight sums, image shapes and soft labels. Cost: one read of every file.
    /// </summary>
    /// <param name="path">Folder of the set.</param>
    /// <returns>One sentence per problem; empty when all is well.</returns>
    /// <exception cref="WorkFailedException">A file exists but the machine refuses to read it.</exception>
    public static IReadOnlyList<string> Verify(string path)
    {
        var problems = new List<string>();
        if (!Attempt(problems, () => SetReader.ReadManifest(path), out var manifest)) return problems;
        problems.AddRange(ManifestProblems(path));
        problems.AddRange(FileProblems(path, manifest));
        if (Attempt(problems, () => ReadRows(path, manifest), out var images)) problems.AddRange(ContentProblems(path, manifest, images));
        return [.. problems.Distinct()];
    }

    private static IEnumerable<string> ManifestProblems(string path)
    {
        var file = SetLayout.PathOf(path, SetLayout.ManifestHash);
        var expected = SetLayout.ManifestHashText(SetFiles.Read(path, SetLayout.Manifest));
        if (!File.Exists(file)) yield return $"'{SetLayout.ManifestHash}' is missing.";
        else if (File.ReadAllText(file) != expected) yield return $"'{SetLayout.Manifest}' does not have the hash that '{SetLayout.ManifestHash}' gives.";
    }

    private static IEnumerable<string> FileProblems(string path, SetManifest manifest)
    {
        foreach (var (file, record) in manifest.Files)
            if (!File.Exists(SetLayout.PathOf(path, file))) yield return $"'{file}' is missing.";
            else if (SetFiles.Difference(file, record, SetFiles.Read(path, file)) is { } difference) yield return difference;
        foreach (var file in SetFiles.Unlisted(path, manifest)) yield return $"'{file}' is not listed in the manifest.";
    }

    private static DistilledImage[] ReadRows(string path, SetManifest manifest) => MetadataTable.Read(
        SetFiles.Read(path, SetLayout.Metadata), SetLayout.PathOf(path, SetLayout.Metadata), SetReader.ClassNames(manifest));

    private static List<string> ContentProblems(string path, SetManifest manifest, DistilledImage[] images)
    {
        List<string> problems = [.. SetReader.Broken(manifest, images), .. UnlistedParts(manifest, images)];
        Attempt(problems, () => TargetsFile.Read(SetLayout.PathOf(path, SetLayout.Targets), images, manifest.Classes.Count), out _);
        problems.AddRange(ImageProblems(path, manifest, images));
        return problems;
    }

    private static IEnumerable<string> UnlistedParts(SetManifest manifest, DistilledImage[] images) =>
        Parts(manifest, images).Where(f => !manifest.Files.ContainsKey(f)).Select(f => $"the manifest does not list '{f}', which the set needs.");

    private static IEnumerable<string> Parts(SetManifest manifest, DistilledImage[] images) =>
        ImageFiles(manifest, images).Select(f => SetLayout.Train + f).Append(SetLayout.Metadata).Append(SetLayout.Targets);

    private static List<string> ImageProblems(string path, SetManifest manifest, DistilledImage[] images)
    {
        var problems = new List<string>();
        var shape = manifest.Shape.ToShape();
        var pixels = new byte[shape.Size];
        foreach (var file in ImageFiles(manifest, images).Where(f => File.Exists(SetLayout.PathOf(path, SetLayout.Train + f))))
            Attempt(problems, () => { SetReader.Decode(path, file, SetFiles.Read(path, SetLayout.Train + file), shape, pixels); return true; }, out _);
        return problems;
    }

    private static string[] ImageFiles(SetManifest manifest, DistilledImage[] images) =>
        SetLayout.ImageFiles(SetReader.ClassNames(manifest), images.Select(i => i.Label).ToArray());

    private static bool Attempt<T>(List<string> problems, Func<T> read, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out T? result)
    {
        try
        {
            result = read();
            return result is not null;
        }
        catch (BadInputException e)
        {
            problems.Add(e.Message);
            result = default;
            return false;
        }
    }
}

using Ddoq.Datasets;

namespace Ddoq.Distilled;

/// <summary>Writes a distilled set into an empty folder: images and tables first, the manifest over all of them last.</summary>
internal static class SetWriter
{
    public static void Write(DistilledSet set, string folder)
    {
        var files = SetLayout.ImageFiles(set.ClassNames, set.Labels.Span);
        var records = new SortedDictionary<string, FileRecord>(StringComparer.Ordinal);
        WriteImages(set, folder, files, records);
        WriteFile(folder, SetLayout.Metadata, MetadataTable.Write(set, files), records);
        WriteFile(folder, SetLayout.Card, DatasetCard.Write(set), records);
        WriteFile(folder, SetLayout.Loader, PythonLoader.Bytes(), records);
        WriteTargets(set, folder, records);
        WriteManifest(folder, ManifestOf(set, files, records));
    }

    private static void WriteImages(DistilledSet set, string folder, string[] files, SortedDictionary<string, FileRecord> records)
    {
        for (var i = 0; i < files.Length; i++)
        {
            var pixels = set.Pixels.Span.Slice(i * set.Shape.Size, set.Shape.Size);
            WriteFile(folder, SetLayout.Train + files[i], ImageCodec.EncodePng(pixels, set.Shape), records);
        }
    }

    private static void WriteTargets(DistilledSet set, string folder, SortedDictionary<string, FileRecord> records)
    {
        var path = SetLayout.PathOf(folder, SetLayout.Targets);
        TargetsFile.Write(set, path);
        records[SetLayout.Targets] = new FileRecord(new FileInfo(path).Length, Foundations.Hashes.OfFile(path));
    }

    private static void WriteManifest(string folder, SetManifest manifest)
    {
        var bytes = manifest.ToBytes();
        File.WriteAllBytes(SetLayout.PathOf(folder, SetLayout.Manifest), bytes);
        File.WriteAllText(SetLayout.PathOf(folder, SetLayout.ManifestHash), SetLayout.ManifestHashText(bytes));
    }

    private static SetManifest ManifestOf(DistilledSet set, string[] files, IReadOnlyDictionary<string, FileRecord> records) => new()
    {
        Images = files.Length,
        Shape = new ShapeRecord(set.Shape.Channels, set.Shape.Height, set.Shape.Width),
        Classes = [.. set.ClassNames.Select((name, c) => new ClassRecord(name, ClassFolders.NameOf(c, set.ClassNames), set.Images.Count(i => i.Label == c)))],
        Provenance = Sorted(set.Provenance),
        Files = records,
    };

    // Dictionaries keep the order of insertion; equal provenance must give equal bytes.
    private static Provenance Sorted(Provenance p) => p with { Seeds = Sorted(p.Seeds), Options = Sorted(p.Options), Seconds = Sorted(p.Seconds) };

    private static SortedDictionary<string, T> Sorted<T>(IReadOnlyDictionary<string, T> map) => new(map.ToDictionary(), StringComparer.Ordinal);

    private static void WriteFile(string folder, string file, byte[] bytes, SortedDictionary<string, FileRecord> records)
    {
        var path = SetLayout.PathOf(folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        records[file] = new FileRecord(bytes.Length, Foundations.Hashes.OfBytes(bytes));
    }
}

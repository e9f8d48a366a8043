using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Distilled;

/// <summary>Reads a distilled set from its folder and trusts nothing in it.</summary>
internal static class SetReader
{
    public static DistilledSet Read(string folder)
    {
        var manifest = ReadManifest(folder);
        var images = ReadRows(folder, manifest);
        SetFiles.ReadListed(folder, SetLayout.Targets, manifest);
        var soft = TargetsFile.Read(SetLayout.PathOf(folder, SetLayout.Targets), images, manifest.Classes.Count);
        var classNames = ClassNames(manifest);
        return new DistilledSet(classNames, manifest.Shape.ToShape(), ReadPixels(folder, manifest, images), images, manifest.Provenance, soft);
    }

    public static SetManifest ReadManifest(string folder)
    {
        if (!Directory.Exists(folder)) throw new BadInputException($"'{folder}' is not a folder. Give the folder of a distilled set.");
        var path = SetLayout.PathOf(folder, SetLayout.Manifest);
        if (!File.Exists(path)) throw new BadInputException($"'{folder}' holds no {SetLayout.Manifest}, so it is not a distilled set. Give the folder that ddoq distill wrote.");
        var manifest = SetManifest.Parse(SetFiles.Read(folder, SetLayout.Manifest), path);
        var outside = manifest.Files.Keys.FirstOrDefault(f => !SetFiles.IsInside(f));
        if (outside is not null) throw new BadInputException($"'{path}' lists '{outside}', which leads out of the set. Do not use this set; get it again from its source.");
        return manifest;
    }

    public static string[] ClassNames(SetManifest manifest) => [.. manifest.Classes.Select(c => c.Name)];

    /// <summary>Rows that obey every rule, or the first broken one as an error.</summary>
    private static DistilledImage[] ReadRows(string folder, SetManifest manifest)
    {
        var path = SetLayout.PathOf(folder, SetLayout.Metadata);
        var images = MetadataTable.Read(SetFiles.ReadListed(folder, SetLayout.Metadata, manifest), path, ClassNames(manifest));
        if (Broken(manifest, images).FirstOrDefault() is { } broken)
            throw new BadInputException($"the distilled set '{folder}' cannot be used: {broken} Export it again.");
        return images;
    }

    /// <summary>Every rule that manifest and rows break.</summary>
    public static IEnumerable<string> Broken(SetManifest manifest, DistilledImage[] images) =>
        SetRules.Broken(ClassNames(manifest), manifest.Shape.ToShape(), images)
            .Concat(SetRules.Broken(manifest.Provenance, manifest.Shape.ToShape()))
            .Concat(Disagreements(manifest, images));

    private static IEnumerable<string> Disagreements(SetManifest manifest, DistilledImage[] images)
    {
        if (manifest.Images != images.Length) yield return $"the manifest says {manifest.Images} images, the metadata has {images.Length} rows.";
        var names = ClassNames(manifest);
        for (var c = 0; c < names.Length; c++)
        {
            var (folder, size) = (ClassFolders.NameOf(c, names), images.Count(i => i.Label == c));
            if (manifest.Classes[c].Folder != folder) yield return $"the manifest puts class {c} into '{manifest.Classes[c].Folder}', expected '{folder}'.";
            if (manifest.Classes[c].Images != size) yield return $"the manifest says {manifest.Classes[c].Images} images of class {c} '{names[c]}', the metadata has {size}.";
        }
    }

    private static byte[] ReadPixels(string folder, SetManifest manifest, DistilledImage[] images)
    {
        var files = SetLayout.ImageFiles(ClassNames(manifest), images.Select(i => i.Label).ToArray());
        var shape = manifest.Shape.ToShape();
        var pixels = new byte[images.Length * shape.Size];
        for (var i = 0; i < files.Length; i++)
            Decode(folder, files[i], SetFiles.ReadListed(folder, SetLayout.Train + files[i], manifest), shape, pixels.AsSpan(i * shape.Size, shape.Size));
        return pixels;
    }

    /// <summary>Pixels of one image file, which must have the set's own shape.</summary>
    public static void Decode(string folder, string file, byte[] bytes, ImageShape shape, Span<byte> pixels)
    {
        var path = SetLayout.PathOf(folder, SetLayout.Train + file);
        var found = ImageCodec.ReadHeader(bytes, path).Shape;
        if (found != shape)
            throw new BadInputException($"image '{path}' is {found}, expected {shape} as the manifest says. Export the set again.");
        ImageCodec.Decode(bytes, path, shape.Channels).Pixels.AsSpan().CopyTo(pixels);
    }
}

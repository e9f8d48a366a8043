using System.Globalization;
using System.Runtime.InteropServices;
using Ddoq.Formats;
using Ddoq.Foundations;

namespace Ddoq.Distilled;

/// <summary><c>targets.safetensors</c>: labels, weights, counts and, once labelled, teacher logits, row by row with the metadata.</summary>
internal static class TargetsFile
{
    private const string SoftLabelsName = "soft_labels";

    public static void Write(DistilledSet set, string path)
    {
        var writer = new SafetensorsWriter()
            .Add("labels", set.Images.Select(i => (long)i.Label).ToArray(), set.Count)
            .Add("counts", set.Images.Select(i => i.Count).ToArray(), set.Count)
            .Add("weights", set.Images.Select(i => i.Weight).ToArray(), set.Count)
            .Describe("format", $"{SetLayout.Format} {SetLayout.Version}")
            .Describe("order", SetLayout.Metadata)
            .Describe("weight_rule", set.Provenance.WeightRule)
            .Describe("weights_norm", "mean one within the class");
        if (set.SoftLabels is { } soft) Add(writer, soft);
        writer.Write(path);
    }

    /// <summary>Teacher logits of the file, or null if it holds none; the other tensors must repeat the metadata exactly.</summary>
    public static SoftLabels? Read(string path, IReadOnlyList<DistilledImage> images, int classes)
    {
        using var file = SafetensorsFile.Open(path);
        RequireEqual(file, "labels", ElementType.Int64, [.. images.Select(i => (long)i.Label)]);
        RequireEqual(file, "counts", ElementType.Int64, [.. images.Select(i => i.Count)]);
        RequireEqual(file, "weights", ElementType.Float32, [.. images.Select(i => i.Weight)]);
        return file.Contains(SoftLabelsName) ? ReadSoftLabels(file, images.Count, classes) : null;
    }

    private static void Add(SafetensorsWriter writer, SoftLabels soft)
    {
        soft.Storage.Write(writer, soft);
        if (soft.Storage != LabelStorage.Whole)
            writer.Describe("top_k", soft.Storage.TopK.ToString(CultureInfo.InvariantCulture)).Describe("bits", soft.Storage.Bits.ToString(CultureInfo.InvariantCulture));
        writer
            .Describe("kind", "logits")
            .Describe("temperature", soft.Temperature.ToString(CultureInfo.InvariantCulture))
            .Describe("views", soft.Views.ToString(CultureInfo.InvariantCulture))
            .Describe("augmentation", soft.AugmentationName)
            .Describe("augmentation_seed", soft.AugmentationSeed.ToString(CultureInfo.InvariantCulture))
            .Describe("teacher", soft.TeacherName)
            .Describe("teacher_sha256", soft.TeacherHash);
    }

    private static void RequireEqual<T>(SafetensorsFile file, string name, ElementType type, T[] expected) where T : unmanaged, IEquatable<T>
    {
        RequireShape(file, name, type, expected.Length);
        var found = MemoryMarshal.Cast<byte, T>(file.ReadBytes(name));
        var same = found.CommonPrefixLength(expected);
        if (same < expected.Length)
            throw new BadInputException($"tensor '{name}' of '{file.Path}' says {found[same]} at row {same}, the metadata says {expected[same]}. Export the set again.");
    }

    private static SoftLabels ReadSoftLabels(SafetensorsFile file, int images, int classes)
    {
        var shape = file.Find(SoftLabelsName).Shape;
        var views = shape is [_, > 0 and <= int.MaxValue, _] ? shape[1] : 1;
        try
        {
            var storage = file.Metadata.ContainsKey("bits") ? new LabelStorage(Number<int>(file, "top_k"), Number<int>(file, "bits")) : LabelStorage.Whole;
            storage.Require(classes);
            foreach (var (name, type, expected) in storage.Tensors(images, views, classes)) RequireShape(file, name, type, expected);
            return Describe(file, new SoftLabelsShape(storage.Read(file, checked(images * (int)views), classes), images, (int)views, classes, storage));
        }
        catch (ArgumentException e)
        {
            throw new BadInputException($"soft labels of '{file.Path}' cannot be used: {e.Message} Label the set again.", e);
        }
    }

    private readonly record struct SoftLabelsShape(Half[] Logits, int Count, int Views, int Classes, LabelStorage Storage);

    private static SoftLabels Describe(SafetensorsFile file, SoftLabelsShape s)
    {
        if (Text(file, "kind") != "logits")
            throw new BadInputException($"soft labels of '{file.Path}' are of kind '{Text(file, "kind")}', expected 'logits'. Label the set again.");
        return new SoftLabels(s.Logits, s.Count, s.Views, s.Classes, s.Storage)
        {
            Temperature = Number<float>(file, "temperature"),
            AugmentationName = Text(file, "augmentation"),
            AugmentationSeed = Number<ulong>(file, "augmentation_seed"),
            TeacherName = Text(file, "teacher"),
            TeacherHash = Text(file, "teacher_sha256"),
        };
    }

    private static string Text(SafetensorsFile file, string key) => file.Metadata.TryGetValue(key, out var value)
        ? value
        : throw new BadInputException($"the metadata of '{file.Path}' lacks '{key}', which soft labels need. Label the set again.");

    private static T Number<T>(SafetensorsFile file, string key) where T : ISpanParsable<T> => T.TryParse(Text(file, key), CultureInfo.InvariantCulture, out var value)
        ? value
        : throw new BadInputException($"'{key}' in the metadata of '{file.Path}' is '{Text(file, key)}', expected a number. Label the set again.");

    private static void RequireShape(SafetensorsFile file, string name, ElementType type, params long[] shape)
    {
        var entry = file.Find(name);
        if (entry.Type != type || !entry.Shape.SequenceEqual(shape))
            throw new BadInputException($"'{file.Path}' holds {entry}, expected {name}: {type.Tag()} [{string.Join(", ", shape)}]. Export the set again.");
    }
}

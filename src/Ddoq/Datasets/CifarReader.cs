using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>
/// Reads the binary versions of CIFAR-10 (records of 1 label byte and 3 x 32 x 32 pixels; data_batch_1..5.bin, test_batch.bin) and
/// CIFAR-100 (a coarse and a fine label byte before the pixels; train.bin, test.bin). Fine labels are used. Memory: the pixels once, plus one file.
/// </summary>
public static class CifarReader
{
    private const int PixelBytes = 3 * 32 * 32;

    private static readonly ImageShape Shape = new(3, 32, 32);

    private static readonly string[] Cifar10Names =
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    private static readonly Layout Cifar10 = new(
        "CIFAR-10", 10, 1, [.. Enumerable.Range(1, 5).Select(i => $"data_batch_{i}.bin")], ["test_batch.bin"], "batches.meta.txt");

    private static readonly Layout Cifar100 = new("CIFAR-100", 100, 2, ["train.bin"], ["test.bin"], "fine_label_names.txt");

    /// <summary>True if the folder holds a file of either version.</summary>
    public static bool Recognises(string folder) => LayoutOf(folder) is not null;

    /// <summary>Reads the training or the test part of a folder.</summary>
    /// <param name="name">Name of the data set.</param>
    /// <param name="folder">Folder with the .bin files; class names come from batches.meta.txt or fine_label_names.txt where present.</param>
    /// <param name="test">True for the test part.</param>
    /// <exception cref="BadInputException">A file is missing, has a length that is no whole number of records, or a label out of range.</exception>
    public static InMemoryDataset Read(string name, string folder, bool test = false)
    {
        var layout = LayoutOf(folder)
            ?? throw new BadInputException($"folder '{folder}' holds no CIFAR binary files: expected data_batch_1.bin to data_batch_5.bin or test_batch.bin (CIFAR-10), or train.bin or test.bin (CIFAR-100). Unpack the binary version there.");
        var paths = (test ? layout.Test : layout.Train).Select(f => Path.Combine(folder, f)).ToArray();
        RequireAll(paths, layout);
        return Fill(name, [.. paths.Select(p => (p, Records(p, layout)))], layout, Names(folder, layout));
    }

    private static Layout? LayoutOf(string folder) =>
        new[] { Cifar10, Cifar100 }.FirstOrDefault(l => l.Train.Concat(l.Test).Any(f => File.Exists(Path.Combine(folder, f))));

    private static void RequireAll(string[] paths, Layout layout)
    {
        var missing = paths.Where(p => !File.Exists(p)).Select(Path.GetFileName).ToArray();
        if (missing.Length > 0)
            throw new BadInputException($"{layout.Name} folder '{Path.GetDirectoryName(paths[0])}' lacks {string.Join(", ", missing)}. Unpack the whole binary version there.");
    }

    private static string[] Names(string folder, Layout layout)
    {
        var path = Path.Combine(folder, layout.NamesFile);
        if (!File.Exists(path)) return layout.Classes == 10 ? Cifar10Names : [.. Enumerable.Range(0, layout.Classes).Select(i => $"{i}")];
        var names = File.ReadLines(path).Select(l => l.Trim()).Where(l => l.Length > 0).ToArray();
        if (names.Length == layout.Classes && names.Distinct(StringComparer.Ordinal).Count() == names.Length) return names;
        throw new BadInputException($"'{path}' lists {names.Length} class names, {names.Distinct(StringComparer.Ordinal).Count()} of them different; {layout.Name} has {layout.Classes}. Fetch it again.");
    }

    private static long Records(string path, Layout layout)
    {
        var length = new FileInfo(path).Length;
        if (length > 0 && length % layout.RecordBytes == 0) return length / layout.RecordBytes;
        throw new BadInputException($"{layout.Name} file '{path}' has {length} bytes; expected a positive multiple of {layout.RecordBytes} (30,730,000 or 30,740,000 for the original batches of 10,000). It is truncated or no {layout.Name} file: fetch it again.");
    }

    private static InMemoryDataset Fill(string name, (string Path, long Records)[] files, Layout layout, string[] names)
    {
        var total = files.Sum(f => f.Records);
        if (total * PixelBytes > Array.MaxLength)
            throw new BadInputException($"the files beside '{files[0].Path}' hold {total} images; at most {Array.MaxLength / PixelBytes} fit in memory. Split them.");
        var pixels = GC.AllocateUninitializedArray<byte>((int)total * PixelBytes);
        var labels = new int[total];
        var row = 0;
        foreach (var (path, records) in files)
        {
            ReadFile(path, (int)records, layout, pixels.AsSpan(row * PixelBytes), labels.AsSpan(row));
            row += (int)records;
        }
        return new InMemoryDataset(name, names, Shape, pixels, labels);
    }

    private static void ReadFile(string path, int records, Layout layout, Span<byte> pixels, Span<int> labels)
    {
        try
        {
            using var stream = File.OpenRead(path);
            Span<byte> head = stackalloc byte[layout.LabelBytes];
            for (var i = 0; i < records; i++)
            {
                stream.ReadExactly(head);
                stream.ReadExactly(pixels.Slice(i * PixelBytes, PixelBytes));
                labels[i] = RequireLabel(head[^1], path, i, layout);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{layout.Name} file '{path}' cannot be read to its end: {e.Message} Check it and its permissions.", e);
        }
    }

    private static int RequireLabel(byte label, string path, int record, Layout layout) => label < layout.Classes
        ? label
        : throw new BadInputException($"record {record} of '{path}' has label {label}; {layout.Name} labels are in [0, {layout.Classes}). Fetch the file again.");

    private sealed record Layout(string Name, int Classes, int LabelBytes, string[] Train, string[] Test, string NamesFile)
    {
        public int RecordBytes => LabelBytes + PixelBytes;
    }
}

using System.Globalization;
using System.Text;
using Ddoq.Foundations;

namespace Ddoq.Distilled;

/// <summary><c>train/metadata.csv</c>: one row per image, in the order of every other table of the set.</summary>
internal static class MetadataTable
{
    private static readonly string[] Header = ["file_name", "label", "class", "weight", "count", "local_distortion", "source_index", "seed"];
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    public static byte[] Write(DistilledSet set, IReadOnlyList<string> files)
    {
        var text = new StringBuilder();
        CsvText.AppendRow(text, Header);
        for (var i = 0; i < files.Count; i++) AppendRow(text, files[i], set.ClassNames[set.Images[i].Label], set.Images[i]);
        return StrictUtf8.GetBytes(text.ToString());
    }

    /// <summary>Reads the rows and checks that each names the file and class that its place and label demand.</summary>
    /// <exception cref="BadInputException">Not such a table; the message names row and column.</exception>
    public static DistilledImage[] Read(ReadOnlySpan<byte> bytes, string path, IReadOnlyList<string> classNames)
    {
        var rows = Rows(bytes, path);
        if (rows.Count == 0 || !rows[0].SequenceEqual(Header))
            throw new BadInputException($"'{path}' should start with the columns {string.Join(',', Header)}. Export the set again.");
        var images = rows.Skip(1).Select((fields, i) => Image(fields, i, path, classNames.Count)).ToArray();
        CheckNames(rows, images, path, classNames);
        return images;
    }

    private static void AppendRow(StringBuilder text, string file, string className, DistilledImage image) => CsvText.AppendRow(text,
        file, Text(image.Label), className, Text(image.Weight), Text(image.Count), Text(image.LocalDistortion), Text(image.SourceIndex), Text(image.Seed));

    // Shortest text that reads back to the same bits.
    private static string Text<T>(T value) where T : IFormattable? => value?.ToString(null, CultureInfo.InvariantCulture) ?? "";

    private static string Text<T>(T? value) where T : struct, IFormattable => value?.ToString(null, CultureInfo.InvariantCulture) ?? "";

    private static List<string[]> Rows(ReadOnlySpan<byte> bytes, string path)
    {
        try
        {
            return CsvText.Rows(StrictUtf8.GetString(bytes));
        }
        catch (Exception e) when (e is FormatException or DecoderFallbackException)
        {
            throw new BadInputException($"'{path}' is not a UTF-8 table of comma-separated values: {e.Message}. Export the set again.", e);
        }
    }

    private static DistilledImage Image(string[] fields, int row, string path, int classes)
    {
        if (fields.Length != Header.Length)
            throw new BadInputException($"row {row} of '{path}' has {fields.Length} fields, expected {Header.Length}. Export the set again.");
        var label = Value<int>(fields, 1, row, path);
        if (label < 0 || label >= classes)
            throw new BadInputException($"label {label} at row {row} of '{path}' is outside [0, {classes}). Export the set again.");
        return new DistilledImage(label, Value<long>(fields, 4, row, path), Value<float>(fields, 3, row, path), Value<double>(fields, 5, row, path),
            Optional<int>(fields, 6, row, path), Optional<ulong>(fields, 7, row, path));
    }

    private static T Value<T>(string[] fields, int column, int row, string path) where T : ISpanParsable<T> =>
        T.TryParse(fields[column], CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new BadInputException($"{Header[column]} '{fields[column]}' at row {row} of '{path}' is not a number of the expected kind ({typeof(T).Name}). Export the set again.");

    private static T? Optional<T>(string[] fields, int column, int row, string path) where T : struct, ISpanParsable<T> =>
        fields[column].Length == 0 ? null : Value<T>(fields, column, row, path);

    private static void CheckNames(List<string[]> rows, DistilledImage[] images, string path, IReadOnlyList<string> classNames)
    {
        var files = SetLayout.ImageFiles(classNames, images.Select(i => i.Label).ToArray());
        for (var i = 0; i < files.Length; i++)
        {
            var (file, name) = (rows[i + 1][0], rows[i + 1][2]);
            if (!SetFiles.IsInside(file))
                throw new BadInputException($"file_name '{file}' at row {i} of '{path}' leads out of the set. Do not use this set; get it again from its source.");
            if (file != files[i])
                throw new BadInputException($"file_name '{file}' at row {i} of '{path}' should be '{files[i]}': rows stand in class order under fixed names. Export the set again.");
            if (name != classNames[images[i].Label])
                throw new BadInputException($"class '{name}' at row {i} of '{path}' should be '{classNames[images[i].Label]}', the name of label {images[i].Label}. Export the set again.");
        }
    }
}

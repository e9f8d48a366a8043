using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary>Points to start from, out of a user's file: a matrix with the points of one class, for every class, or with those of all classes one after another.</summary>
internal static class SuppliedStart
{
    /// <summary>The options with each class's start.</summary>
    /// <exception cref="BadInputException">Another dimension, or a number of points that fits neither one class nor all.</exception>
    public static QuantizerOptions[] Read(string path, IReadOnlyList<QuantizerOptions> classes, IClassSamples source)
    {
        if (!File.Exists(path)) throw new BadInputException($"'{path}' does not exist. Give a matrix K x D of points in .npy or .safetensors.");
        using var points = MatrixFile.Open(path);
        if (points.Dimension != source.Shape.Dimension) throw new BadInputException($"'{path}': points of {points.Dimension} numbers, but the samples have {source.Shape.Dimension}.");
        var isShared = classes.All(c => c.ImagesPerClass == points.Count);
        var total = classes.Sum(c => (long)c.ImagesPerClass);
        if (!isShared && points.Count != total) throw new BadInputException($"'{path}' holds {points.Count} points: expected {Expected(classes, total)}.");
        var first = 0;
        return [.. classes.Select(c => c with { Initialization = QuantizerInitialization.Supplied, InitialCentroids = Next(c.ImagesPerClass) })];

        float[] Next(int count)
        {
            var rows = Rows(points, isShared ? 0 : first, count, path);
            first += count;
            return rows;
        }
    }

    private static string Expected(IReadOnlyList<QuantizerOptions> classes, long total)
    {
        var shared = classes.All(c => c.ImagesPerClass == classes[0].ImagesPerClass) ? $"{classes[0].ImagesPerClass} for every class" : "";
        return classes.Count == 1 ? shared : $"{shared}{(shared.Length > 0 ? ", or " : "")}{total} for {classes.Count} classes";
    }

    private static float[] Rows(MappedSamples points, int first, int count, string path)
    {
        var values = new float[count * points.Dimension];
        for (var k = 0; k < count; k++) points.Read(first + k, 0, values.AsSpan(k * points.Dimension, points.Dimension));
        if (Array.FindIndex(values, v => !float.IsFinite(v)) is >= 0 and var wrong)
            throw new BadInputException($"'{path}', row {first + wrong / points.Dimension}, element {wrong % points.Dimension}: found {values[wrong]}, expected a finite number.");
        return values;
    }
}

using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;

namespace Ddoq.Tests.Distilled;

/// <summary>Small distilled sets of random pixels, with unequal classes and uneven weights.</summary>
internal static class SampleSets
{
    public static readonly string[] Names = ["T-shirt/top", "Trouser, \"long\"", "Sandal"];
    private static readonly int[] Sizes = [2, 3, 1];

    public static DistilledSet Create(int channels = 1, ulong seed = 0, int views = 0, string[]? names = null)
    {
        names ??= Names;
        var shape = new ImageShape(channels, 5, 7);
        var labels = Enumerable.Range(0, names.Length).SelectMany(c => Enumerable.Repeat(c, Sizes[c % Sizes.Length])).ToArray();
        var draw = new SeedSequence(seed).Stream("pixels");
        var pixels = new byte[labels.Length * shape.Size];
        foreach (ref var p in pixels.AsSpan()) p = (byte)draw.Next(256);
        return new DistilledSet(names, shape, pixels, Rows(labels), Origin(channels), views > 0 ? Logits(labels.Length, views, names.Length) : null);
    }

    public static Provenance Origin(int channels = 1) => new()
    {
        Method = "ddoq",
        ToolVersion = "0.1.0",
        ImagesPerClass = 3,
        WeightRule = "square-root",
        Source = new SourceDataset("sample", new string('a', 64), "mit"),
        Normalisation = new PixelNormalisation(Enumerable.Repeat(0.2861, channels).ToList(), Enumerable.Repeat(0.353, channels).ToList()),
        Seeds = new Dictionary<string, ulong> { ["root"] = 7 },
        Models = [new ModelReference("encoder", "vae-sample", new string('b', 64))],
        Options = new Dictionary<string, string> { ["quantize.algorithm"] = "lloyd", ["guidance"] = "1.5" },
        Seconds = new Dictionary<string, double> { ["encode"] = 1.25 },
    };

    public static SoftLabels Logits(int images, int views, int classes, float temperature = 4)
    {
        var draw = new SeedSequence(1).Stream("logits");
        var values = new float[images * views * classes];
        foreach (ref var v in values.AsSpan()) v = (float)(3 * draw.NextGaussian());
        return new SoftLabels(SoftLabels.Round(values), images, views, classes)
        {
            Temperature = temperature, AugmentationName = "crop+flip", AugmentationSeed = 11, TeacherName = "convnet-3", TeacherHash = new string('c', 64),
        };
    }

    // Weights 1 + d, 1, 1 - d ... around one in each class; class sums are exact in single precision.
    private static DistilledImage[] Rows(int[] labels) =>
        [.. labels.Select((label, row) => new DistilledImage(label, 10 + row, Weight(labels, row), row / 3.0, row % 2 == 0 ? row : null, row % 3 == 0 ? (ulong)row << 60 : null))];

    private static float Weight(int[] labels, int row)
    {
        var (first, size) = (Array.IndexOf(labels, labels[row]), labels.Count(l => l == labels[row]));
        return 1 + (row - first - (size - 1) / 2f) * 0.25f;
    }
}

using Ddoq.Cli.Reporting;
using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Cli.Tests.Reporting;

/// <summary>A report as quickstart makes it, of invented numbers and drawn shapes.</summary>
internal static class SampleReports
{
    private static readonly string[] Classes = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

    public static RunReport Create(int classes = 10, int imagesPerClass = 10, int seeds = 3)
    {
        var names = Classes[..classes];
        return new RunReport
        {
            Title = "Fashion-MNIST in 100 images",
            Dataset = "fashion-mnist, 60,000 training images",
            ImagesPerClass = imagesPerClass,
            Seeds = [.. Enumerable.Range(0, seeds).Select(s => (ulong)s)],
            Findings = ["With hard labels ddoq is 1.9 points above random real images.", "With soft labels it is 2.0 points above them.", "Differences within one standard deviation over seeds are left uncoloured in the table."],
            Scores = [.. Scores("hard", 0.725, seeds), .. Scores("soft", 0.871, seeds)],
            Grids = [.. new[] { ("random", "random real images"), ("nearest", "real image nearest to each centroid"), ("d4m", "centroids, equal weights"), ("ddoq", "centroids, square-root weights") }
                .Select((m, i) => Grid(m.Item1, m.Item2, names, imagesPerClass, (ulong)i))],
            Distortions = [.. names.Select((n, c) => new ClassDistortion(n, 38.25 + 4.1 * c, Math.Sqrt(38.25 + 4.1 * c), 1.17 * Math.Sqrt(38.25 + 4.1 * c)))],
            Timings = [new("obtain", 0.42, "reused"), new("encode", 11.8), new("quantize", 3.9), new("synthesize", 2.6), new("label", 0.8), new("train", 142.7, "5 methods, 2 kinds of labels, 3 seeds")],
            Settings = [new("quantizer", "lloyd, k-means++"), new("weight rule", "square-root"), new("student", "ConvNet-3, width 128"), new("threads", "2")],
            Provenance = [new("ddoq", "0.1.0"), new("data fingerprint", new string('9', 64)), new("source licence", "MIT")],
        };
    }

    private static ScoreRow[] Scores(string labels, double random, int seeds) =>
    [
        Row("random", "random real images", labels, random, seeds, 1) with { IsReference = true },
        Row("random through VAE", "the same, encoded and decoded", labels, random - 0.006, seeds, 2),
        Row("nearest", "real image nearest to each centroid", labels, random - 0.013, seeds, 3),
        Row("d4m", "centroids denoised, equal weights", labels, random + 0.008, seeds, 4),
        Row("ddoq", "centroids denoised, square-root weights", labels, random + 0.019, seeds, 5),
    ];

    private static ScoreRow Row(string method, string description, string labels, double mean, int seeds, ulong stream)
    {
        var draw = new SeedSequence(stream).Stream(labels);
        var last = Enumerable.Range(0, seeds).Select(_ => Math.Round(mean + 0.004 * draw.NextGaussian(), 4)).ToArray();
        return new(method, description, labels, new(last), new([.. last.Select(v => Math.Round(v + 0.004 * draw.NextDouble(), 4))]));
    }

    private static ImageGrid Grid(string method, string description, string[] classes, int imagesPerClass, ulong seed) => new(method, description,
        [.. classes.Select((name, c) => new GridRow(name, [.. Enumerable.Range(0, imagesPerClass).Select(k => Image(c, k, seed))]))]);

    private static GridImage Image(int label, int index, ulong seed)
    {
        var draw = new SeedSequence(seed).Stream("image", label, index);
        var shape = new ImageShape(1, 28, 28);
        var (x0, y0, radius) = (10 + 8 * draw.NextDouble(), 10 + 8 * draw.NextDouble(), 5 + 7 * draw.NextDouble());
        var pixels = new byte[shape.Size];
        for (var p = 0; p < pixels.Length; p++)
        {
            var (dx, dy) = (Math.Abs(p % 28 - x0), Math.Abs(p / 28 - y0));
            var distance = Math.Pow(Math.Pow(dx, label + 1) + Math.Pow(dy, label + 1), 1.0 / (label + 1));
            pixels[p] = (byte)(255 / (1 + Math.Exp(distance - radius)));
        }
        return new GridImage(ImageCodec.EncodePng(pixels, shape), 28, 1 + 0.6 * (index % 2 == 0 ? -1 : 1) * ((index / 2 + label) % 5 + 1) / 5.0, seed == 0 ? null : 120 + draw.Next(1500));
    }
}

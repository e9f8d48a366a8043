using Ddoq.Augmentations;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Labelling;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Networks.StableDiffusion;
using Ddoq.Neural.Training;
using Ddoq.Quantization;

namespace Ddoq.Neural.Tests;

/// <summary>Small data sets, distilled sets and models with random pixels and weights.</summary>
internal static class SmallSets
{
    public static readonly ImageShape Shape = new(1, 8, 8);
    public static readonly string[] Classes = ["a", "b", "c"];

    /// <summary>Noise with horizontal stripes (a), vertical stripes (b) or none (c); labels a, b, c, a, b, c, ... Instance norm would hide brightness.</summary>
    public static InMemoryDataset Images(int count, ulong seed = 0, ImageShape? shape = null)
    {
        var (s, draw) = (shape ?? Shape, new SeedSequence(seed).Stream("small images"));
        var pixels = new byte[count * s.Size];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (row, column) = (i / s.Width % s.Height, i % s.Width);
            var stripe = (i / s.Size % Classes.Length) switch { 0 => row % 2, 1 => column % 2, _ => draw.Next(2) };
            pixels[i] = (byte)(100 * stripe + draw.Next(60));
        }
        return new InMemoryDataset("small", Classes, s, pixels, [.. Enumerable.Range(0, count).Select(i => i % Classes.Length)]);
    }

    /// <summary>A set with the given cell counts, class by class; row i has the pixels of image <paramref name="sources"/>[i] of <see cref="Images"/>, by default the k-th of its class.</summary>
    public static DistilledSet Distilled(int[][] counts, WeightRule rule = WeightRule.SquareRoot, int[]? sources = null)
    {
        int[] labels = [.. counts.SelectMany((c, label) => c.Select(_ => label))];
        sources ??= [.. counts.SelectMany((c, label) => c.Select((_, k) => label + Classes.Length * k))];
        var images = Images(sources.Max() + 1);
        var pixels = sources.SelectMany(i => images.Pixels.Slice(i * Shape.Size, Shape.Size).ToArray()).ToArray();
        var rows = counts.SelectMany((c, label) => c.Zip(WeightRules.Apply(rule, c), (count, weight) => new DistilledImage(label, count, (float)weight, 0)));
        return new DistilledSet(Classes, Shape, pixels, [.. rows], Origin());
    }

    public static Provenance Origin() => new()
    {
        Method = "ddoq",
        ToolVersion = "0.1.0",
        ImagesPerClass = 2,
        WeightRule = "square-root",
        Source = new SourceDataset("small", new string('a', 64), "none"),
        Normalisation = new PixelNormalisation([0.45], [0.25]),
    };

    /// <summary>A teacher with random weights, through its file.</summary>
    public static Teacher Teacher(TemporaryFolder folder, ulong seed = 0)
    {
        var network = new ConvNet(new ConvNetShape(Shape, Classes.Length, Width: 8, Depth: 2)).WithTorchDefaults(new SeedSequence(seed));
        var path = Directory.CreateDirectory(folder[$"teacher-{seed}"]).FullName;
        ModelFolder.Write(path, "teacher", new ClassifierSettings("convnet", 1, 8, 8, Classes, 8, 2, [0.45f], [0.25f], "small", "f", 1, seed, null), network);
        return Ddoq.Neural.Labelling.Teacher.Load(path);
    }

    /// <summary>The folder of a VAE with random weights.</summary>
    public static string Vae(TemporaryFolder folder, ulong seed = 0)
    {
        var settings = new VaeSettings(1, 8, 8, 2, 16, 1.7, "small", "f", 1, seed, null);
        var path = Directory.CreateDirectory(folder[$"vae-{seed}"]).FullName;
        ModelFolder.Write(path, "vae", settings, new AutoencoderKL(settings.Network).WithTorchDefaults(new SeedSequence(seed)));
        return path;
    }
}

using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Latents;
using Ddoq.Quantization;

namespace Ddoq.Cli.Tests.CommandLine;

/// <summary>Small, whole artifacts on disk.</summary>
internal static class SampleArtifacts
{
    public static void Codebook(string path) => new Codebook
    {
        Shape = LatentShape.Vector(2),
        Algorithm = "lloyd",
        Classes =
        [
            new ClassCodebook
            {
                Name = "cat", SampleCount = 4, Dimension = 2, Centroids = [0, 0, 1, 1], Counts = [3, 1], Weights = [0.75, 0.25],
                Distortion = 0.5, LocalDistortion = [0.5, 0], NearestSample = [0, 3], Iterations = 2,
            },
        ],
    }.Save(path);

    public static void LatentStore(string path)
    {
        using var writer = LatentStoreWriter.Create(path, new LatentStoreDescription
        {
            Shape = LatentShape.Vector(3), Encoder = "pca", EncoderSha256 = "00", Dataset = "handmade", DatasetFingerprint = "11", ClassNames = ["cat", "dog"],
        });
        writer.Append(0, [1, 2, 3, 4, 5, 6], [0, 2]);
        writer.Append(1, [7, 8, 9], [1]);
        writer.Finish();
    }

    public static void DistilledSet(string path) => new DistilledSet(["cat", "dog"], new ImageShape(1, 2, 2), [1, 2, 3, 4, 5, 6, 7, 8],
        [new DistilledImage(0, 3, 1, 0.5), new DistilledImage(1, 2, 1, 0.25)],
        new Provenance
        {
            Method = "random", ToolVersion = "0.1.0", ImagesPerClass = 1, WeightRule = "equal",
            Source = new SourceDataset("handmade", "11", "CC0"), Normalisation = new PixelNormalisation([0.5], [0.25]),
        }).Save(path);
}

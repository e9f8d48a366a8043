using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed class CellMeansTests
{
    [Fact]
    public void Of_CellsInFeatures_AreMeansOfTheLatentsOfTheSameImages()
    {
        using var folder = new TemporaryFolder();
        // Features: two lumps at 0 and 10. Latents: the squares of the row numbers.
        var features = Store(folder["features"], LatentShape.Vector(1), [0, 1, 10, 11, 12], "f");
        var latents = Store(folder["latents"], LatentShape.Vector(2), [0, 0, 1, 10, 4, 20, 9, 30, 16, 40], "z");
        var cells = CodebookBuilder.Build(features, new QuantizerOptions { ImagesPerClass = 2 }, new SeedSequence(1)).From(features.Description);
        var found = CellMeans.Of(cells, features, latents).Classes[0];
        var small = Array.IndexOf(found.Counts, 2);
        Assert.Equal([0.5f, 5f], found.Centroid(small).ToArray());
        Assert.Equal([29 / 3f, 30f], found.Centroid(1 - small).ToArray());
        Assert.Equal((0.4, 0.6), (found.Weights[small], found.Weights[1 - small]));
        Assert.Equal(0.25 + 25, found.LocalDistortion[small], 1e-9);
        Assert.Equal(0.4 * found.LocalDistortion[small] + 0.6 * found.LocalDistortion[1 - small], found.Distortion, 1e-9);
        Assert.Equal("z", CellMeans.Of(cells, features, latents).EncoderSha256);
    }

    private static LatentStore Store(string path, LatentShape shape, float[] values, string hash)
    {
        var description = new LatentStoreDescription { Shape = shape, Precision = LatentPrecision.Float32, Encoder = "e", EncoderSha256 = hash, Dataset = "d", DatasetFingerprint = "p", ClassNames = ["a"] };
        using (var writer = LatentStoreWriter.Create(path, description))
        {
            for (var i = 0; i < values.Length / shape.Dimension; i++) writer.Append(0, values.AsSpan(i * shape.Dimension, shape.Dimension), [i]);
            writer.Finish();
        }
        return LatentStore.Open(path);
    }
}

using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed class CodebookTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static LabelledMatrix Source(int perClass = 60, int classes = 3)
    {
        var samples = Draws.Blobs(perClass * classes, 4, 5);
        var labels = Enumerable.Range(0, samples.Count).Select(i => i % classes).ToArray();
        return new LabelledMatrix(samples, labels, [.. Enumerable.Range(0, classes).Select(c => $"c{c}")]);
    }

    private static Codebook Build(int k = 5, int threads = 1) => CodebookBuilder.Build(Source(), new QuantizerOptions { ImagesPerClass = k }, new SeedSequence(3), threads: threads);

    [Fact]
    public void Build_AllClasses_FitsEachAsIfAlone()
    {
        var source = Source();
        var book = Build();
        for (var c = 0; c < 3; c++)
        {
            var alone = new LloydQuantizer(new QuantizerOptions { ImagesPerClass = 5 }).Fit(source.ReadClass(c), new SeedSequence(3), c);
            Assert.Equal(alone.Centroids, book.Classes[c].Centroids);
            Assert.Equal($"c{c}", book.Classes[c].Name);
            Assert.All(book.Classes[c].NearestSample, row => Assert.Equal(c, row % 3)); // rows of the matrix, not of the class
        }
        Assert.Equal((15, 180L), (book.Count, book.SampleCount));
        Assert.Equal(book.Classes.Average(c => c.Distortion), book.Distortion, 1e-12);
        Assert.Equal(Math.Sqrt(book.Distortion), book.W2);
    }

    [Fact]
    public void Build_MoreThreads_WritesTheSameBytes()
    {
        foreach (var threads in new[] { 1, 2, 4 }) Build(threads: threads).Save(_folder[$"{threads}"]);
        Assert.Equal(File.ReadAllBytes(_folder["1"]), File.ReadAllBytes(_folder["2"])); // classes side by side
        Assert.Equal(File.ReadAllBytes(_folder["1"]), File.ReadAllBytes(_folder["4"])); // threads within a class
    }

    [Fact]
    public void Build_SeveralBadClasses_NamesTheFirst()
    {
        var samples = Draws.Blobs(40, 2, 2);
        var labels = Enumerable.Range(0, 40).Select(i => i < 36 ? 0 : i < 38 ? 1 : 2).ToArray();
        foreach (var threads in new[] { 1, 2, 3 })
        {
            var error = Assert.Throws<BadInputException>(() => CodebookBuilder.Build(new LabelledMatrix(samples, labels), new QuantizerOptions { ImagesPerClass = 3 }, default, threads: threads));
            Assert.Contains("class 1 (1) has 2 samples", error.Message);
        }
    }

    [Fact]
    public void Build_Progress_CountsClasses()
    {
        var seen = new List<long>();
        CodebookBuilder.Build(Source(), new QuantizerOptions { ImagesPerClass = 2 }, default, new Collect(seen), threads: 1);
        Assert.Equal([1L, 2L, 3L], seen);
    }

    private sealed class Collect(List<long> seen) : IProgress<StageProgress>
    {
        public void Report(StageProgress value) => seen.Add(value.Done);
    }

    [Fact]
    public void Build_LatentStore_KeepsItsOriginAndSourceRows()
    {
        var description = new LatentStoreDescription
        {
            Shape = new LatentShape(1, 2, 2),
            Encoder = "vae",
            EncoderSha256 = "e",
            Dataset = "toy",
            DatasetFingerprint = "f",
            ClassNames = ["a", "b"],
        };
        using (var writer = LatentStoreWriter.Create(_folder["store"], description))
        {
            var samples = Draws.Blobs(60, 4, 3);
            for (var i = 0; i < 60; i++) writer.Append(i % 2, samples.Row(i), [1000 + i]);
            writer.Finish();
        }
        var book = CodebookBuilder.Build(LatentStore.Open(_folder["store"]), new QuantizerOptions { ImagesPerClass = 4 }, new SeedSequence(1));
        Assert.Equal(("vae", "e", "toy", "f", "lloyd"), (book.Encoder, book.EncoderSha256, book.Dataset, book.DatasetFingerprint, book.Algorithm));
        Assert.Equal(new LatentShape(1, 2, 2), book.Shape);
        Assert.All(book.Classes[1].NearestSample, row => Assert.True(row is >= 1000 and < 1060 && row % 2 == 1));
    }

    [Fact]
    public void Load_SavedCodebook_IsTheSame()
    {
        var book = Build() with { Encoder = "vae", EncoderSha256 = "00ff", Dataset = "d", DatasetFingerprint = "f" };
        book.Save(_folder["book"]);
        var loaded = Codebook.Load(_folder["book"]);
        loaded.Save(_folder["again"]);
        Assert.Equal(File.ReadAllBytes(_folder["book"]), File.ReadAllBytes(_folder["again"]));
        Assert.Equal((book.Shape, book.Encoder, book.Distortion, book.Iterations), (loaded.Shape, loaded.Encoder, loaded.Distortion, loaded.Iterations));
        Assert.Equal(book.Classes[2].Centroids, loaded.Classes[2].Centroids);
        Assert.Equal(book.Classes[1].Weights, loaded.Classes[1].Weights);
    }

    [Fact]
    public void Load_ClassWithoutPoints_IsKept()
    {
        var source = new LabelledMatrix(Draws.Blobs(10, 2, 2), Enumerable.Repeat(1, 10).ToArray(), ["none", "some", "none either"]);
        CodebookBuilder.Build(source, new QuantizerOptions { ImagesPerClass = 2, AllowFewer = true }, default).Save(_folder["book"]);
        Assert.Equal([0, 2, 0], Codebook.Load(_folder["book"]).Classes.Select(c => c.Count));
    }

    [Theory]
    [InlineData("counts")]
    [InlineData("weights")]
    [InlineData("class")]
    [InlineData("centroids")]
    [InlineData("class_samples")]
    public void Load_ChangedTensor_IsRefused(string name)
    {
        Build().Save(_folder["book"]);
        using var file = SafetensorsFile.Open(_folder["book"]);
        var writer = new SafetensorsWriter();
        foreach (var (key, value) in file.Metadata) writer.Describe(key, value);
        foreach (var t in file.Tensors)
        {
            var bytes = file.ReadBytes(t.Name);
            if (t.Name == name) bytes[^1] = 0xFF; // the sign and the top of an exponent: negative, or not finite
            if (t.Name == name) bytes[^2] = 0xFF;
            writer.AddRaw(t.Name, t.Type, bytes, t.Shape);
        }
        writer.Write(_folder["changed"]);
        Assert.Contains("changed", Assert.Throws<BadInputException>(() => Codebook.Load(_folder["changed"])).Message);
    }

    [Fact]
    public void Load_OtherSafetensors_IsRefused()
    {
        new SafetensorsWriter().Add("x", new float[1], 1).Write(_folder["x"]);
        Assert.Contains("ddoq-codebook", Assert.Throws<BadInputException>(() => Codebook.Load(_folder["x"])).Message);
    }

    [Fact]
    public void EqualWeightDistortion_OfCodebook_IsTheMeanOverClasses()
    {
        var (source, book) = (Source(), Build(k: 4)); // 4 points for 5 equal blobs: cells of unequal mass
        var expected = Enumerable.Range(0, 3).Average(c => EqualWeightTransport.Cost(source.ReadClass(c), book.Classes[c].Centroids));
        Assert.Equal(expected, EqualWeightTransport.Distortion(book, source).Value, 1e-12);
        Assert.True(expected > book.Distortion);
    }

    [Fact]
    public void LabelledMatrix_WrongLabels_AreRefused()
    {
        var samples = Draws.Blobs(4, 2, 1);
        Assert.Throws<ArgumentException>(() => new LabelledMatrix(samples, [0, 1]));
        Assert.Throws<ArgumentException>(() => new LabelledMatrix(samples, [0, 1, -1, 0]));
        Assert.Throws<ArgumentException>(() => new LabelledMatrix(samples, [0, 1, 2, 0], ["a", "b"]));
        Assert.Equal(4, new LabelledMatrix(samples).ReadClass(0).Count);
    }
}

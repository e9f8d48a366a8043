using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

/// <summary>Memory budget and finished classes decide how a codebook is built, never its bits.</summary>
public sealed class CodebookRunTests : IDisposable
{
    private const int Classes = 5, PerClass = 40, D = 6;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Notes which classes were opened and what they were opened as.</summary>
    private sealed class Watched(IClassSamples source, Action<int>? before = null) : IClassSamples
    {
        public SortedDictionary<int, Type> Opened { get; } = [];

        public LatentShape Shape => source.Shape;

        public IReadOnlyList<string> ClassNames => source.ClassNames;

        public SampleMatrix ReadClass(int classIndex) => source.ReadClass(classIndex);

        public Samples OpenClass(int classIndex, long memoryLimit)
        {
            before?.Invoke(classIndex);
            var samples = source.OpenClass(classIndex, memoryLimit);
            lock (Opened) Opened.Add(classIndex, samples.GetType());
            return samples;
        }

        public long BytesOfClass(int classIndex) => source.BytesOfClass(classIndex);

        public long[] SourceIndices(int classIndex) => source.SourceIndices(classIndex);
    }

    private LabelledMatrix Matrix()
    {
        if (!File.Exists(_folder["x.npy"]))
        {
            var samples = Draws.Blobs(Classes * PerClass, D, 4);
            NpyFile.Write(_folder["x.npy"], samples.Values, [Classes * PerClass, D]);
            // Class 3 is larger than the others, class 4 smaller.
            NpyFile.Write<long>(_folder["y.npy"], Enumerable.Range(0, Classes * PerClass).Select(i => i % Classes == 4 && i % 2 == 0 ? 3L : i % Classes).ToArray(), [Classes * PerClass]);
        }
        return MatrixFile.Read(_folder["x.npy"], _folder["y.npy"]);
    }

    private static Codebook Build(IClassSamples source, BuildOptions build, int k = 3) =>
        CodebookBuilder.Build(source, [.. Enumerable.Repeat(new QuantizerOptions { ImagesPerClass = k }, source.ClassNames.Count)], new SeedSequence(5), build);

    private byte[] Bytes(Codebook book)
    {
        book.Save(_folder["book"], replace: true);
        return File.ReadAllBytes(_folder["book"]);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 60 * D * 4)]
    [InlineData(2, 2 * 40 * D * 4)] // classes 0, 1, 2 and 4 side by side, class 3 alone and in memory
    [InlineData(2, 50 * D * 4)] // only class 4 would fit beside another, and class 3 fits nowhere
    [InlineData(3, 1L << 40)]
    [InlineData(8, 1L << 40)]
    public void Build_AnyMemoryAndThreads_SameBytes(int threads, long memory)
    {
        using var matrix = Matrix();
        var expected = Bytes(CodebookBuilder.Build(matrix, new QuantizerOptions { ImagesPerClass = 3 }, new SeedSequence(5)));
        var watched = new Watched(matrix);
        Assert.Equal(expected, Bytes(Build(watched, new BuildOptions { Threads = threads, Memory = memory })));
        Assert.Equal(Enumerable.Range(0, Classes), watched.Opened.Keys);
        Assert.All(watched.Opened, pair => Assert.Equal(matrix.BytesOfClass(pair.Key) <= memory ? typeof(SampleMatrix) : typeof(MappedSamples), pair.Value));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Build_CutOffAtAnyClass_ResumesWithTheSameBytes(int threads)
    {
        using var matrix = Matrix();
        var expected = Bytes(Build(matrix, new BuildOptions()));
        for (var at = 0; at < Classes; at++)
        {
            var parts = new CodebookParts(Directory.CreateDirectory(_folder[$"parts-{threads}-{at}"]).FullName);
            var build = new BuildOptions { Threads = threads, Parts = parts };
            Assert.Throws<WorkFailedException>(() => Build(new Watched(matrix, c => { if (c == at) throw new WorkFailedException("killed"); }), build));
            var finished = Enumerable.Range(0, Classes).Where(c => parts.Find(c, matrix.Shape) is not null).ToArray();
            Assert.Equal(parts.Count, finished.Length);
            Assert.True(finished.Length >= at, "classes before the failing one are finished");
            var watched = new Watched(matrix);
            Assert.Equal(expected, Bytes(Build(watched, build)));
            Assert.Equal(Enumerable.Range(0, Classes).Except(finished), watched.Opened.Keys);
        }
    }

    [Fact]
    public void Build_DamagedOrForeignPart_IsMadeAgain()
    {
        using var matrix = Matrix();
        var build = new BuildOptions { Parts = new CodebookParts(Directory.CreateDirectory(_folder["parts"]).FullName) };
        var expected = Bytes(Build(matrix, build));
        var file = _folder["parts/class-0001.safetensors"];
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^7]);
        Build(new LabelledMatrix(Draws.Blobs(9, 2, 1)), build with { Parts = new CodebookParts(Directory.CreateDirectory(_folder["other"]).FullName) });
        File.Copy(_folder["other/class-0000.safetensors"], _folder["parts/class-0002.safetensors"], overwrite: true); // another dimension
        var watched = new Watched(matrix);
        Assert.Equal(expected, Bytes(Build(watched, build)));
        Assert.Equal([1, 2], watched.Opened.Keys);
    }

    [Fact]
    public void Find_KeptClass_HasEveryBit()
    {
        using var matrix = Matrix();
        var book = Build(matrix, new BuildOptions()).Classes[3] with { VoronoiDistortion = 0.1 + 0.2 };
        var parts = new CodebookParts(_folder.Path);
        parts.Keep(3, matrix.Shape, book);
        var found = parts.Find(3, matrix.Shape)!;
        foreach (var property in typeof(ClassCodebook).GetProperties()) Assert.Equal(property.GetValue(book), property.GetValue(found));
        Assert.Null(parts.Find(2, matrix.Shape));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(2, 2 * 30 * D * 4)] // the failing class 4 runs side by side, class 3 alone
    public void Build_SeveralBadClasses_TheFirstIsNamed(int threads, long memory)
    {
        var values = Draws.Blobs(200, D, 4).Values.ToArray();
        int[] labels = [.. Enumerable.Range(0, 200).Select(i => i < 20 ? 0 : i < 40 ? 1 : i < 60 ? 2 : i < 180 ? 3 : 4)];
        (values[190 * D], values[100 * D]) = (float.NaN, float.NaN); // classes 4 and 3
        var error = Assert.Throws<BadInputException>(() => Build(new LabelledMatrix(new SampleMatrix(values, D), labels), new BuildOptions { Threads = threads, Memory = memory }));
        Assert.Contains("class 3 (3)", error.Message);
    }

    [Fact]
    public void Available_ThisMachine_IsPlausible() => Assert.InRange(MachineMemory.Available(), 1 << 20, 1L << 46);
}

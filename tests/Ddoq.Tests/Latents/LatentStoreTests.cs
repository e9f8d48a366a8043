using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Latents;

namespace Ddoq.Tests.Latents;

public sealed class LatentStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static LatentStoreDescription Description(LatentPrecision precision = LatentPrecision.Float32) => new()
    {
        Shape = new LatentShape(2, 1, 1),
        Precision = precision,
        Encoder = "pca",
        EncoderSha256 = "",
        Dataset = "toy",
        DatasetFingerprint = "abc",
        ClassNames = ["cat", "Straße"],
    };

    private string WriteToy(LatentPrecision precision = LatentPrecision.Float32)
    {
        var path = _folder["store"];
        using var writer = LatentStoreWriter.Create(path, Description(precision));
        writer.Append(1, [1, 2, 3, 4], [7, 9]);
        writer.Append(0, [5, 6], [8]);
        writer.Append(1, [0.1f, -0.2f], [11]);
        writer.Finish();
        return path;
    }

    [Fact]
    public void Finish_InterleavedAppends_AreReadBackByClass()
    {
        var store = LatentStore.Open(WriteToy());
        Assert.Equal(new LatentShape(2, 1, 1), store.Shape);
        Assert.Equal(["cat", "Straße"], store.ClassNames);
        Assert.Equal((4L, 1L, 3L), (store.Count, store.CountOf(0), store.CountOf(1)));
        Assert.Equal([1f, 2f, 3f, 4f, 0.1f, -0.2f], store.ReadClass(1).Values.ToArray());
        Assert.Equal([7L, 9L, 11L], store.SourceIndices(1));
        Assert.Contains("Straße", store.ReadClass(1).Name);
        store.Verify();
    }

    [Fact]
    public void Finish_Float16_RoundsToHalfPrecision()
    {
        var store = LatentStore.Open(WriteToy(LatentPrecision.Float16));
        Assert.Equal([1f, 2f, 3f, 4f, (float)(Half)0.1f, (float)(Half)(-0.2f)], store.ReadClass(1).Values.ToArray());
        using var file = NpyFile.Open(Path.Combine(store.Path, "class-0001.npy"));
        Assert.Equal((ElementType.Float16, 3L, 2L), (file.Type, file.Rows, file.Columns));
    }

    [Fact]
    public void Finish_ClassWithoutSamples_IsEmptyNotMissing()
    {
        using (var writer = LatentStoreWriter.Create(_folder["s"], Description())) writer.Finish();
        var store = LatentStore.Open(_folder["s"]);
        Assert.Equal(0, store.ReadClass(0).Count);
        Assert.Empty(store.SourceIndices(1));
    }

    [Fact]
    public void Append_ManySmallParts_EqualsOneAppend()
    {
        var values = Enumerable.Range(0, 2 * 300_000).Select(i => i * 0.5f).ToArray();
        var rows = Enumerable.Range(0, 300_000).ToArray();
        using var whole = LatentStoreWriter.Create(_folder["whole"], Description());
        using var parts = LatentStoreWriter.Create(_folder["parts"], Description());
        whole.Append(0, values, rows);
        for (var i = 0; i < rows.Length; i += 1000) parts.Append(0, values.AsSpan(2 * i, 2000), rows.AsSpan(i, 1000));
        whole.Finish();
        parts.Finish();
        Assert.Equal(File.ReadAllBytes(Path.Combine(_folder["whole"], "latents.json")), File.ReadAllBytes(Path.Combine(_folder["parts"], "latents.json")));
        Assert.Equal(values, LatentStore.Open(_folder["parts"]).ReadClass(0).Values.ToArray());
    }

    [Theory]
    [InlineData(float.NaN, LatentPrecision.Float32, "finite")]
    [InlineData(float.NegativeInfinity, LatentPrecision.Float16, "finite")]
    [InlineData(65520f, LatentPrecision.Float16, "float16")]
    public void Append_ValueThatDoesNotFit_NamesClassAndRow(float value, LatentPrecision precision, string complaint)
    {
        using var writer = LatentStoreWriter.Create(_folder["s"], Description(precision));
        var error = Assert.Throws<BadInputException>(() => writer.Append(1, [0, 0, 0, value], [40, 41]));
        Assert.Contains(complaint, error.Message);
        Assert.Contains("class 1 (Straße), source row 41, element 1", error.Message);
    }

    [Fact]
    public void Append_LargestHalf_IsKept()
    {
        using var writer = LatentStoreWriter.Create(_folder["s"], Description(LatentPrecision.Float16));
        writer.Append(0, [65519.99f, -65504f], [0]);
        writer.Finish();
        Assert.Equal([65504f, -65504f], LatentStore.Open(_folder["s"]).ReadClass(0).Values.ToArray());
    }

    [Fact]
    public void Dispose_BeforeFinish_LeavesNothing()
    {
        using (var writer = LatentStoreWriter.Create(_folder["s"], Description())) writer.Append(0, [1, 2], [0]);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Append_WrongLengthsOrClass_IsRefused()
    {
        using var writer = LatentStoreWriter.Create(_folder["s"], Description());
        Assert.Throws<ArgumentException>(() => writer.Append(0, [1, 2, 3], [0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Append(2, [1, 2], [0]));
    }

    [Fact]
    public void Open_TruncatedOrSwappedFile_NamesIt()
    {
        var path = WriteToy();
        var file = Path.Combine(path, "class-0001.npy");
        var bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, bytes[..^4]);
        Assert.Contains("class-0001.npy", Assert.Throws<BadInputException>(() => LatentStore.Open(path)).Message);
        File.Copy(Path.Combine(path, "class-0000.npy"), file, overwrite: true);
        Assert.Contains("promises", Assert.Throws<BadInputException>(() => LatentStore.Open(path)).Message);
    }

    [Fact]
    public void Verify_FlippedByte_IsFound()
    {
        var path = WriteToy();
        var file = Path.Combine(path, "class-0000.npy");
        var bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);
        Assert.Contains("class-0000.npy", Assert.Throws<BadInputException>(() => LatentStore.Open(path).Verify()).Message);
    }

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 2", "version 2")]
    [InlineData("\"format\": \"ddoq-latents\"", "\"format\": \"other\"", "other")]
    [InlineData("\"precision\": \"float32\"", "\"precision\": \"1\"", "float16 or float32")]
    [InlineData("\"encoder\": \"pca\"", "\"encoder\": null", "encoder")]
    [InlineData("\"encoder\": \"pca\",", "", "encoder")]
    [InlineData("\"encoder\": \"pca\",", "\"encoder\": \"pca\", \"surplus\": 1,", "surplus")]
    [InlineData("\"version\": 1", "\"version\": [", "description")]
    public void Open_ChangedDescription_IsRefused(string from, string to, string complaint)
    {
        var path = WriteToy();
        var file = Path.Combine(path, "latents.json");
        var text = File.ReadAllText(file);
        Assert.Contains(from, text);
        File.WriteAllText(file, text.Replace(from, to));
        Assert.Contains(complaint, Assert.Throws<BadInputException>(() => LatentStore.Open(path)).Message);
    }

    [Fact]
    public void Open_OtherFolder_SaysHowToMakeAStore() =>
        Assert.Contains("ddoq encode", Assert.Throws<BadInputException>(() => LatentStore.Open(_folder.Path)).Message);
}

using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Encoding;

namespace Ddoq.Neural.Tests.Encoding;

/// <summary>Encoding that was cut off goes on where it was, encodes nothing twice, and ends with the same bytes.</summary>
public sealed class ResumedEncodingTests : IDisposable
{
    private const int Count = 9001, Window = 4000, Batch = 250;

    private static readonly InMemoryDataset Images = SmallSets.Images(Count);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The first eight pixels, a little changed by the number of images in the batch, as a network's rounding may be. Breaks down when it has encoded so many.</summary>
    private sealed class FirstPixels(int most = int.MaxValue) : ILatentCodec
    {
        private int _encoded;

        public int Encoded => _encoded;

        public string Name => "first pixels";

        public string Hash => "00";

        public ImageShape Image => SmallSets.Shape;

        public LatentShape Latent => LatentShape.Vector(8);

        public void Encode(ReadOnlySpan<byte> images, Span<float> latents)
        {
            var batch = images.Length / Image.Size;
            if (Interlocked.Add(ref _encoded, batch) > most) throw new WorkFailedException("broken down");
            for (var i = 0; i < latents.Length; i++) latents[i] = images[i / 8 * Image.Size + i % 8] / 255f + batch * 1e-3f;
        }

        public void Decode(ReadOnlySpan<float> latents, Span<byte> images) => throw new NotSupportedException();
    }

    private static byte[][] Bytes(string store) => [.. Directory.GetFiles(store).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    [Theory]
    [InlineData(Window - 1, 0)] // in the first window: nothing to keep
    [InlineData(Window, Window)]
    [InlineData(2 * Window + Batch, 2 * Window)]
    public void EncodeOrContinue_CutOff_SameBytesAndNothingTwice(int breaksAfter, int kept)
    {
        var whole = DatasetEncoding.Encode(Images, new FirstPixels(), _folder["whole"]);
        Assert.Throws<WorkFailedException>(() => DatasetEncoding.EncodeOrContinue(Images, new FirstPixels(breaksAfter), _folder["out"]));
        Assert.Equal((false, kept > 0), (Directory.Exists(_folder["out"]), Directory.Exists(_folder["out.work"])));
        var codec = new FirstPixels();
        var store = DatasetEncoding.EncodeOrContinue(Images, codec, _folder["out"]);
        Assert.Equal(Count - kept, codec.Encoded);
        Assert.Equal(Bytes(whole.Path), Bytes(store.Path));
    }

    [Fact]
    public void Append_ClassesAppendedByHand_OnlyTheMissingBatchesAreEncoded()
    {
        // Two classes are complete, the third lacks its last image: one batch is encoded, one latent is stored.
        var whole = DatasetEncoding.Encode(Images, new FirstPixels(), _folder["whole"]);
        using (var writer = LatentStoreWriter.Continue(_folder["out"], whole.Description))
        {
            for (var c = 0; c < 3; c++)
            {
                var (rows, sources) = (whole.ReadClass(c).Values, whole.SourceIndices(c));
                var count = c == 1 ? sources.Length - 1 : sources.Length;
                writer.Append(c, rows.Span[..(count * 8)], Array.ConvertAll(sources[..count], s => (int)s));
            }
            writer.Flush();
        }
        var codec = new FirstPixels();
        var store = DatasetEncoding.EncodeOrContinue(Images, codec, _folder["out"]);
        Assert.Equal(Bytes(whole.Path), Bytes(store.Path));
        Assert.Equal(Batch, codec.Encoded);
    }

    [Fact]
    public void Append_RowsOfAnotherOrder_AreRefused()
    {
        var codec = new FirstPixels();
        using var writer = LatentStoreWriter.Continue(_folder["out"], DatasetEncoding.Describe(Images, codec, LatentPrecision.Float16));
        writer.Append(1, new float[16], [4, 1]);
        Assert.Contains("class 1", Assert.Throws<BadInputException>(() => DatasetEncoding.Append(Images, codec, writer)).Message);
        writer.Discard();
        using var surplus = LatentStoreWriter.Continue(_folder["out"], DatasetEncoding.Describe(SmallSets.Images(2), codec, LatentPrecision.Float16));
        surplus.Append(0, new float[16], [0, 3]);
        Assert.Contains("class 0", Assert.Throws<BadInputException>(() => DatasetEncoding.Append(SmallSets.Images(2), codec, surplus)).Message);
    }
}

using System.Buffers.Binary;
using System.IO.Compression;
using CsCheck;
using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Tests.Datasets;

public sealed class IdxReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ReadPair_RoundTrip_GivesPixelsAndLabelsPlainAndGzip() =>
        (from count in Gen.Int[1, 6]
         from height in Gen.Int[1, 5]
         from width in Gen.Int[1, 5]
         from gzip in Gen.Bool
         from pixels in Gen.Byte.Array[count * height * width]
         from labels in Gen.Byte.Array[count]
         select (height, width, gzip, pixels, labels)).Sample(s =>
        {
            var images = Write("images", Idx.Bytes([s.labels.Length, s.height, s.width], s.pixels), s.gzip);
            var set = IdxReader.ReadPair("set", images, Write("labels", Idx.Bytes([s.labels.Length], s.labels), s.gzip));
            return set.Shape == new ImageShape(1, s.height, s.width) && set.Pixels.Span.SequenceEqual(s.pixels)
                && set.Labels.ToArray().SequenceEqual(s.labels.Select(l => (int)l)) && set.ClassNames.Count == s.labels.Max() + 1;
        }, iter: 100, threads: 1);

    [Fact]
    public void ReadImages_FourDimensions_BringsChannelsFirst()
    {
        // Two images of 1 x 2 pixels, RGB interleaved.
        var path = Write("rgb", Idx.Bytes([2, 1, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
        var (shape, pixels) = IdxReader.ReadImages(path);
        Assert.Equal(new ImageShape(3, 1, 2), shape);
        Assert.Equal<byte>([1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12], pixels);
    }

    [Fact]
    public void ReadImages_EveryTruncation_IsRefusedWithThePath()
    {
        var whole = Idx.Bytes([3, 2, 2], new byte[12]);
        for (var keep = 0; keep < whole.Length; keep++)
        {
            var path = Write("cut", whole[..keep]);
            Assert.Contains(path, Assert.Throws<BadInputException>(() => IdxReader.ReadImages(path)).Message);
        }
    }

    [Fact]
    public void ReadImages_EveryGzipTruncation_IsRefusedUnlessTheContentIsWhole()
    {
        var body = SampleImages.Noise(100);
        var whole = Idx.Gzip(Idx.Bytes([1, 10, 10], body));
        for (var keep = 0; keep < whole.Length; keep++)
        {
            var path = Write("cut", whole[..keep]);
            // The end marker and gzip's own trailer of 8 bytes come after the content: without them nothing is missing.
            if (keep >= whole.Length - 16 && Record.Exception(() => Assert.Equal(body, IdxReader.ReadImages(path).Pixels)) is null) continue;
            Assert.Contains(path, Assert.Throws<BadInputException>(() => IdxReader.ReadImages(path)).Message);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ReadImages_TrailingBytes_AreRefused(bool gzip)
    {
        var path = Write("long", [.. Idx.Bytes([3, 2, 2], new byte[12]), 0], gzip);
        Assert.Contains("goes on after the 28 bytes", Assert.Throws<BadInputException>(() => IdxReader.ReadImages(path)).Message);
    }

    [Fact]
    public void ReadImages_FlippedByteInGzip_IsRefused()
    {
        var bytes = Idx.Gzip(Idx.Bytes([4, 10, 10], SampleImages.Noise(400)));
        bytes[bytes.Length / 2] ^= 1;
        Assert.Throws<BadInputException>(() => IdxReader.ReadImages(Write("flipped", bytes)));
    }

    [Theory]
    [InlineData(0, 1, "no IDX file")]
    [InlineData(2, 0x0D, "type 0x0d")]
    [InlineData(3, 2, "2 dimensions")]
    [InlineData(3, 1, "exchanged")]
    public void ReadImages_WrongMagic_SaysWhatIsWrong(int at, byte value, string said)
    {
        var bytes = Idx.Bytes([3, 2, 2], new byte[12]);
        bytes[at] = value;
        Assert.Contains(said, Assert.Throws<BadInputException>(() => IdxReader.ReadImages(Write("magic", bytes))).Message);
    }

    [Theory]
    [InlineData(0xFFFFFFFFu, 28u, 28u)]
    [InlineData(0x7FFFFFFFu, 0x7FFFFFFFu, 0x7FFFFFFFu)]
    [InlineData(0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu)]
    [InlineData(1u << 30, 1u, 1u)]
    [InlineData(0u, 28u, 28u)]
    [InlineData(3u, 0u, 28u)]
    public void ReadImages_AbsurdSizes_AreRefusedWithoutTakingMemory(uint count, uint height, uint width)
    {
        var bytes = Idx.Bytes([1, 1, 1], new byte[12]);
        foreach (var (i, size) in new[] { count, height, width }.Index()) BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4 + 4 * i), size);
        foreach (var gzip in new[] { false, true })
        {
            var path = Write("absurd", bytes, gzip);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<BadInputException>(() => IdxReader.ReadImages(path));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000_000);
        }
    }

    [Fact]
    public void ReadPair_DifferentCounts_NamesBoth()
    {
        var images = Write("images", Idx.Bytes([3, 1, 1], new byte[3]));
        var labels = Write("labels", Idx.Bytes([2], new byte[2]));
        var message = Assert.Throws<BadInputException>(() => IdxReader.ReadPair("set", images, labels)).Message;
        Assert.Contains("3 images", message);
        Assert.Contains("2 labels", message);
    }

    [Fact]
    public void ReadPair_LabelBeyondTheNames_NamesRowAndLabel()
    {
        var images = Write("images", Idx.Bytes([2, 1, 1], new byte[2]));
        var labels = Write("labels", Idx.Bytes([2], [0, 9]));
        Assert.Contains("label 9 at row 1", Assert.Throws<BadInputException>(() => IdxReader.ReadPair("set", images, labels, ["a", "b"])).Message);
    }

    [Fact]
    public void ReadImages_MutatedHeader_IsReadRightOrRefused()
    {
        var body = SampleImages.Noise(3 * 4 * 2);
        var whole = Idx.Bytes([3, 4, 2], body);
        Gen.Select(Gen.Int[0, 15], Gen.Byte, Gen.Int[0, 15], Gen.Byte).Sample((first, a, second, b) =>
        {
            var mutated = (byte[])whole.Clone();
            (mutated[first], mutated[second]) = (a, b);
            try
            {
                var (shape, pixels) = IdxReader.ReadImages(Write("mutated", mutated));
                return pixels.Length % shape.Size == 0 && pixels.Length == body.Length && (shape.Channels > 1 || pixels.AsSpan().SequenceEqual(body));
            }
            catch (BadInputException)
            {
                return true;
            }
        }, iter: 500, threads: 1);
    }

    [Fact]
    public void ReadImages_MutatedGzipFile_IsReadRightOrRefused()
    {
        var body = SampleImages.Noise(40);
        var whole = Idx.Gzip(Idx.Bytes([10, 2, 2], body));
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            var mutated = (byte[])whole.Clone();
            mutated[at] = value;
            try
            {
                return IdxReader.ReadImages(Write("mutated", mutated)).Pixels.AsSpan().SequenceEqual(body);
            }
            catch (BadInputException)
            {
                return true;
            }
        }, iter: 300, threads: 1);
    }

    private string Write(string name, byte[] bytes, bool gzip = false)
    {
        var path = _folder.File(name);
        File.WriteAllBytes(path, gzip ? Idx.Gzip(bytes) : bytes);
        return path;
    }
}

/// <summary>Writes IDX files.</summary>
internal static class Idx
{
    public static byte[] Bytes(int[] sizes, byte[] body)
    {
        var header = new byte[4 * (sizes.Length + 1)];
        (header[2], header[3]) = (8, (byte)sizes.Length);
        foreach (var (i, size) in sizes.Index()) BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 * (i + 1)), size);
        return [.. header, .. body];
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest)) gzip.Write(bytes);
        return memory.ToArray();
    }
}

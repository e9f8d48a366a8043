using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Synthesis;
using Ddoq.Quantization;

namespace Ddoq.Neural.Tests.Synthesis;

/// <summary>From images to latents to a codebook and back to images.</summary>
public sealed class SpaceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly VaeCodec _codec;

    public SpaceTests() => _codec = VaeCodec.Load(SmallSets.Vae(_folder));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Encode_Dataset_KeepsEveryLatentUnderItsClassAndRow()
    {
        var images = SmallSets.Images(520); // three batches
        var progress = new Recorder();
        var store = DatasetEncoding.Encode(images, _codec, _folder["latents"], LatentPrecision.Float32, progress: progress);
        Assert.Equal((_codec.Latent, _codec.Hash, images.Fingerprint), (store.Shape, store.Description.EncoderSha256, store.Description.DatasetFingerprint));
        for (var c = 0; c < 3; c++)
        {
            var (rows, sources) = (store.ReadClass(c), store.SourceIndices(c));
            Assert.Equal(Enumerable.Range(0, 520).Where(i => i % 3 == c).Select(i => (long)i), sources);
            for (var k = 0; k < sources.Length; k += 29)
                Assert.All(rows.Values.Slice(k * rows.Dimension, rows.Dimension).ToArray().Zip(Latent(images, (int)sources[k])), p => Assert.Equal(p.Second, p.First, 1e-4f));
        }
        Assert.Equal(520, progress.Reports[^1].Done);
    }

    [Fact]
    public void Encode_ImagesOfAnotherShape_IsRefusedAndLeavesNothing()
    {
        var refused = Assert.Throws<BadInputException>(() => DatasetEncoding.Encode(SmallSets.Images(3, shape: new(1, 9, 8)), _codec, _folder["latents"]));
        Assert.Contains("1x9x8", refused.Message);
        Assert.False(Directory.Exists(_folder["latents"]));
    }

    [Fact]
    public void Encode_Cancelled_LeavesNothing()
    {
        Assert.ThrowsAny<OperationCanceledException>(() => DatasetEncoding.Encode(SmallSets.Images(3), _codec, _folder["latents"], cancel: new CancellationToken(true)));
        Assert.DoesNotContain(Directory.GetFileSystemEntries(_folder.Path), p => Path.GetFileName(p).StartsWith("latents", StringComparison.Ordinal));
    }

    [Fact]
    public void Synthesize_WithoutPrior_DecodesTheCentroidsClassByClass()
    {
        var codebook = Codebook(_codec.Hash);
        var found = CodebookSynthesis.Synthesize(codebook, _codec, new NoPrior(), new SeedSequence(1));
        Assert.Equal(codebook.Classes.SelectMany(c => _codec.DecodeAll(c.Centroids)), found);
        Assert.Equal(codebook.Count * SmallSets.Shape.Size, found.Length);
    }

    [Fact]
    public void Synthesize_SpacesThatDoNotMatch_IsRefused()
    {
        Assert.Contains("another encoder", Refused(Codebook(new string('0', 64)), new NoPrior()));
        Assert.Contains("another encoder", Refused(Codebook(_codec.Hash) with { Shape = LatentShape.Vector(_codec.Latent.Dimension) }, new NoPrior()));
        Assert.Contains("trained on latents of encoder fff", Refused(Codebook(_codec.Hash), new Stub { EncoderHash = new string('f', 64) }));
    }

    [Fact]
    public void Synthesize_LatentThatIsNotFinite_NamesClassAndImage()
    {
        var failure = Assert.Throws<WorkFailedException>(() => CodebookSynthesis.Synthesize(Codebook(_codec.Hash), _codec, new Stub { Fault = (1, 9) }, new SeedSequence(1)));
        Assert.Contains("class 'b', image 1", failure.Message);
    }

    [Fact]
    public void Through_ManyImages_IsEachImageAlone()
    {
        var images = SmallSets.Images(7);
        var together = _codec.Through(images.Pixels.Span);
        for (var i = 0; i < 7; i++)
        {
            var alone = _codec.Through(images.Pixels.Span.Slice(i * SmallSets.Shape.Size, SmallSets.Shape.Size));
            Assert.All(alone.Zip(together.AsSpan(i * SmallSets.Shape.Size, SmallSets.Shape.Size).ToArray()), p => Assert.InRange(p.First - p.Second, -1, 1));
        }
    }

    private string Refused(Codebook codebook, IPrior prior) => Assert.Throws<BadInputException>(() => CodebookSynthesis.Synthesize(codebook, _codec, prior, new SeedSequence(1))).Message;

    private float[] Latent(Ddoq.Datasets.InMemoryDataset images, int row)
    {
        var z = new float[_codec.Latent.Dimension];
        _codec.Encode(images.Pixels.Span.Slice(row * SmallSets.Shape.Size, SmallSets.Shape.Size), z);
        return z;
    }

    private Codebook Codebook(string encoder)
    {
        var draw = new SeedSequence(3).Stream("centroids");
        ClassCodebook Points(string name, int count) => new()
        {
            Name = name,
            SampleCount = 10 * count,
            Dimension = _codec.Latent.Dimension,
            Centroids = [.. Enumerable.Range(0, count * _codec.Latent.Dimension).Select(_ => (float)draw.NextGaussian())],
            Counts = [.. Enumerable.Repeat(10, count)],
            Weights = [.. Enumerable.Repeat(1.0 / count, count)],
            Distortion = 1,
            LocalDistortion = new double[count],
            NearestSample = new long[count],
            Iterations = 1,
        };
        return new Codebook { Shape = _codec.Latent, EncoderSha256 = encoder, Classes = [Points("a", 2), Points("b", 3), Points("c", 1)] };
    }

    /// <summary>Leaves centroids alone but for one number.</summary>
    private sealed class Stub : IPrior
    {
        public string Name => "stub";

        public string Hash => "";

        public string EncoderHash { get; init; } = "";

        public (int Class, int Number) Fault { get; init; } = (-1, 0);

        public float[] Refine(ReadOnlySpan<float> centroids, LatentShape shape, ClassLabel label, SeedSequence seeds, CancellationToken cancel = default)
        {
            var values = centroids.ToArray();
            if (label.Index == Fault.Class) values[Fault.Number] = float.NaN;
            return values;
        }
    }
}

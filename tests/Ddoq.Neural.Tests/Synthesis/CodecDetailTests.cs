using Ddoq.Datasets;
using Ddoq.Latents;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Synthesis;
using TorchSharp;

namespace Ddoq.Neural.Tests.Synthesis;

/// <summary>A codec that keeps the upper four bits of each pixel.</summary>
public sealed class CodecDetailTests
{
    private static readonly byte[] Images = [.. Enumerable.Range(0, 2 * 64).Select(i => (byte)(37 * i))];

    [Fact]
    public void AddTo_ImagesOfTheCodec_AreTheRealImages()
    {
        var codec = new UpperBits();
        var through = codec.Through(Images);
        Assert.NotEqual(Images, through);
        Assert.Equal(Images, CodecDetail.Of(codec, Images).AddTo(through));
    }

    [Fact]
    public void AddTo_BrightImages_AreCutAtWhite() => Assert.All(CodecDetail.Of(new UpperBits(), Images).AddTo([.. Enumerable.Repeat(byte.MaxValue, Images.Length)]), v => Assert.Equal(byte.MaxValue, v));

    [Fact]
    public void OnUnitScale_OfTheDetail_IsWhatTheCodecLost()
    {
        var detail = CodecDetail.Of(new UpperBits(), Images).OnUnitScale(2, 1, 8, 8);
        Assert.Equal([2, 1, 8, 8], detail.shape);
        Assert.Equal((37 % 16) / 255f, detail[0, 0, 0, 1].item<float>(), 1e-6f);
    }

    private sealed class UpperBits : ILatentCodec
    {
        public string Name => "upper bits";
        public string Hash => "";
        public ImageShape Image => new(1, 8, 8);
        public LatentShape Latent => new(1, 8, 8);

        public void Encode(ReadOnlySpan<byte> images, Span<float> latents)
        {
            for (var i = 0; i < images.Length; i++) latents[i] = images[i] / 16;
        }

        public void Decode(ReadOnlySpan<float> latents, Span<byte> images)
        {
            for (var i = 0; i < latents.Length; i++) images[i] = (byte)(latents[i] * 16);
        }
    }
}

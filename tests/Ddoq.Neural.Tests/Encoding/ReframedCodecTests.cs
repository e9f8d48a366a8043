using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Encoding;

namespace Ddoq.Neural.Tests.Encoding;

public sealed class ReframedCodecTests
{
    [Fact]
    public void For_TheModelsOwnShape_IsTheCodecItself()
    {
        var codec = new Bytes(new ImageShape(3, 4, 4));
        Assert.Same(codec, ReframedCodec.For(codec, codec.Image));
    }

    [Fact]
    public void Through_GreyAtTheModelsSize_IsTheSameImage()
    {
        // Three equal channels have that value as their luma, for every one of the 256 values.
        byte[] grey = [.. Enumerable.Range(0, 256).Select(v => (byte)v)];
        var codec = ReframedCodec.For(new Bytes(new ImageShape(3, 16, 16)), new ImageShape(1, 16, 16));
        Assert.Equal(grey, RoundTrip(codec, grey));
    }

    [Fact]
    public void Through_FlatColourAtAnotherSize_StaysFlat()
    {
        byte[] colour = [.. Enumerable.Repeat((byte)10, 30), .. Enumerable.Repeat((byte)200, 30), .. Enumerable.Repeat((byte)77, 30)];
        var codec = ReframedCodec.For(new Bytes(new ImageShape(3, 16, 16)), new ImageShape(3, 5, 6));
        Assert.Equal(colour, RoundTrip(codec, colour));
    }

    [Fact]
    public void Decode_ColourToGrey_IsPillowsLuma()
    {
        var codec = ReframedCodec.For(new Bytes(new ImageShape(3, 1, 1)), new ImageShape(1, 1, 1));
        var pixel = new byte[1];
        codec.Decode([255, 0, 0], pixel);
        Assert.Equal(76, pixel[0]); // 0.299 x 255
        codec.Decode([0, 255, 0], pixel);
        Assert.Equal(150, pixel[0]); // 0.587 x 255 = 149.7
        codec.Decode([0, 0, 255], pixel);
        Assert.Equal(29, pixel[0]); // 0.114 x 255
    }

    [Fact]
    public void Encode_SeveralImages_KeepsThemApart()
    {
        var codec = ReframedCodec.For(new Bytes(new ImageShape(3, 2, 2)), new ImageShape(1, 2, 2));
        var latents = new float[2 * 12];
        codec.Encode([1, 2, 3, 4, 5, 6, 7, 8], latents);
        Assert.Equal([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 5, 6, 7, 8, 5, 6, 7, 8], latents);
    }

    [Fact]
    public void For_TwoChannels_IsRefused() =>
        Assert.Contains("1 or 3 channels", Assert.Throws<BadInputException>(() => ReframedCodec.For(new Bytes(new ImageShape(3, 4, 4)), new ImageShape(2, 4, 4))).Message);

    private static byte[] RoundTrip(ILatentCodec codec, byte[] images)
    {
        var latents = new float[images.Length / codec.Image.Size * codec.Latent.Dimension];
        codec.Encode(images, latents);
        var back = new byte[images.Length];
        codec.Decode(latents, back);
        return back;
    }

    /// <summary>Latents are the bytes themselves.</summary>
    private sealed class Bytes(ImageShape image) : ILatentCodec
    {
        public string Name => "bytes";

        public string Hash => "bytes";

        public ImageShape Image => image;

        public LatentShape Latent => new(image.Channels, image.Height, image.Width);

        public void Encode(ReadOnlySpan<byte> images, Span<float> latents)
        {
            for (var i = 0; i < images.Length; i++) latents[i] = images[i];
        }

        public void Decode(ReadOnlySpan<float> latents, Span<byte> images)
        {
            for (var i = 0; i < images.Length; i++) images[i] = (byte)latents[i];
        }
    }
}

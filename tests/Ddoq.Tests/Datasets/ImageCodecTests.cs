using System.Buffers.Binary;
using System.IO.Compression;
using CsCheck;
using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Tests.Datasets;

public sealed class ImageCodecTests
{
    private static readonly Gen<(ImageShape Shape, byte[] Pixels)> Images =
        from channels in Gen.Bool.Select(grey => grey ? 1 : 3)
        from height in Gen.Int[1, 20]
        from width in Gen.Int[1, 20]
        let shape = new ImageShape(channels, height, width)
        from pixels in Gen.Byte.Array[shape.Size]
        select (shape, pixels);

    [Fact]
    public void EncodePng_DecodedAgain_GivesTheSamePixelsAndShape() => Images.Sample(image =>
    {
        var decoded = ImageCodec.Decode(ImageCodec.EncodePng(image.Pixels, image.Shape), "memory");
        return decoded.Shape == image.Shape && decoded.Pixels.AsSpan().SequenceEqual(image.Pixels);
    }, iter: 200);

    [Fact]
    public void EncodePng_Twice_GivesTheSameBytes() => Images.Sample(image =>
        ImageCodec.EncodePng(image.Pixels, image.Shape).AsSpan().SequenceEqual(ImageCodec.EncodePng(image.Pixels, image.Shape)), iter: 50);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 2)]
    public void EncodePng_HeaderColourType_IsGreyOrRgb(int channels, byte colourType)
    {
        var shape = new ImageShape(channels, 4, 5);
        var png = ImageCodec.EncodePng(new byte[shape.Size], shape);
        Assert.Equal((5, 4, (byte)8, colourType),
            (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20)), png[24], png[25]));
    }

    [Fact]
    public void EncodePng_WrongLength_NamesBothNumbers()
    {
        var e = Assert.Throws<ArgumentException>(() => ImageCodec.EncodePng(new byte[11], new ImageShape(1, 3, 4)));
        Assert.Contains("12", e.Message);
        Assert.Contains("11", e.Message);
    }

    [Theory]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.Bmp)]
    [InlineData(ImageFormat.WebP)]
    public void Decode_LosslessFormats_GiveTheWrittenPixels(ImageFormat format)
    {
        var (bytes, pixels) = SampleImages.Rgb(format, 7, 5);
        var decoded = ImageCodec.Decode(bytes, "memory");
        Assert.Equal(new ImageShape(3, 7, 5), decoded.Shape);
        Assert.Equal(pixels, decoded.Pixels);
    }

    [Fact]
    public void Decode_Jpeg_IsCloseToTheWrittenPixels()
    {
        var flat = new byte[3 * 16 * 16];
        flat.AsSpan().Fill(200);
        var bytes = SampleImages.Jpeg(flat, new ImageShape(3, 16, 16));
        Assert.All(ImageCodec.Decode(bytes, "memory").Pixels, p => Assert.InRange(p, 198, 202));
    }

    [Fact]
    public void Decode_WithAlpha_DropsAlphaWithoutBlending()
    {
        var png = HandmadePng.Write(1, 1, 8, colourType: 6, [0, 200, 100, 50, 10]);
        Assert.Equal<byte>([200, 100, 50], ImageCodec.Decode(png, "memory").Pixels);
    }

    [Fact]
    public void Decode_PaletteImage_GivesPaletteColours()
    {
        var png = HandmadePng.Write(2, 1, 8, colourType: 3, [0, 1, 0], palette: [9, 8, 7, 1, 2, 3]);
        Assert.Equal<byte>([1, 9, 2, 8, 3, 7], ImageCodec.Decode(png, "memory").Pixels);
    }

    [Fact]
    public void Decode_OneBitGrey_GivesBlackAndWhite()
    {
        var png = HandmadePng.Write(8, 1, 1, colourType: 0, [0, 0b1010_0001]);
        var decoded = ImageCodec.Decode(png, "memory", channels: 1);
        Assert.Equal<byte>([255, 0, 255, 0, 0, 0, 0, 255], decoded.Pixels);
    }

    [Fact]
    public void Decode_SixteenBitGrey_KeepsTheHighByte()
    {
        var png = HandmadePng.Write(2, 1, 16, colourType: 0, [0, 0x12, 0x34, 0xFE, 0x01]);
        Assert.Equal<byte>([0x12, 0xFE], ImageCodec.Decode(png, "memory", channels: 1).Pixels);
    }

    [Fact]
    public void Decode_ColourAsGrey_UsesPillowLuma()
    {
        var png = ImageCodec.EncodePng([255, 0, 0, 0, 255, 0, 0, 0, 255], new ImageShape(3, 1, 3));
        // Pillow: Image.new("RGB", (1, 1), (255, 0, 0)).convert("L") is 76; green gives 150, blue 29.
        Assert.Equal<byte>([76, 150, 29], ImageCodec.Decode(png, "memory", channels: 1).Pixels);
    }

    [Fact]
    public void Decode_GreyAsRgb_RepeatsTheChannel()
    {
        var png = ImageCodec.EncodePng([7, 250], new ImageShape(1, 1, 2));
        Assert.Equal<byte>([7, 250, 7, 250, 7, 250], ImageCodec.Decode(png, "memory", channels: 3).Pixels);
    }

    [Theory]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.Jpeg)]
    [InlineData(ImageFormat.WebP)]
    [InlineData(ImageFormat.Bmp)]
    public void Decode_TruncatedAnywhere_IsRefused(ImageFormat format)
    {
        var (bytes, _) = SampleImages.Rgb(format, 40, 40);
        foreach (var keep in new[] { bytes.Length / 4, bytes.Length / 2, bytes.Length * 3 / 4 })
            Assert.Throws<BadInputException>(() => ImageCodec.Decode(bytes.AsSpan(0, keep), "cut"));
    }

    [Fact]
    public void Decode_FlippedByteInPngData_IsRefused()
    {
        var png = ImageCodec.EncodePng(SampleImages.Noise(3 * 20 * 20), new ImageShape(3, 20, 20));
        foreach (var at in new[] { 17, png.Length / 2 })
        {
            var damaged = (byte[])png.Clone();
            damaged[at] ^= 0x10;
            Assert.Throws<BadInputException>(() => ImageCodec.Decode(damaged, "damaged"));
        }
    }

    [Theory]
    [InlineData(60_000, 60_000)]
    [InlineData(20_000, 20_000)]
    [InlineData(1, 1_000_000)]
    [InlineData(0, 5)]
    public void ReadHeader_BombOrZeroSize_IsRefusedFromTheHeader(int width, int height)
    {
        var png = HandmadePng.Write(width, height, 8, colourType: 0, [0, 0, 0, 0]);
        Assert.Throws<BadInputException>(() => ImageCodec.ReadHeader(png, "bomb"));
    }

    [Theory]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG")]
    [InlineData("%PDF-1.7 and more text", "PDF")]
    [InlineData("GIF89a and more bytes here", "GIF")]
    [InlineData("just words, no picture at all", "no image")]
    [InlineData("II*\0 little-endian tiff", "TIFF")]
    [InlineData("\0\0\0\u0018ftypheic....", "HEIC")]
    public void Decode_OtherContent_SaysWhatItIs(string content, string named)
    {
        var e = Assert.Throws<BadInputException>(() => ImageCodec.Decode(System.Text.Encoding.Latin1.GetBytes(content), "a.png"));
        Assert.Contains("a.png", e.Message);
        Assert.Contains(named, e.Message);
    }

    [Fact]
    public void Decode_MissingEmptyOrPipe_IsRefusedWithPath()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("nowhere.png", Assert.Throws<BadInputException>(() => ImageCodec.Decode(folder.File("nowhere.png"))).Message);
        File.WriteAllBytes(folder.File("empty.png"), []);
        Assert.Contains("empty", Assert.Throws<BadInputException>(() => ImageCodec.Decode(folder.File("empty.png"))).Message);
        if (!OperatingSystem.IsLinux()) return;
        System.Diagnostics.Process.Start("mkfifo", folder.File("pipe.png"))!.WaitForExit();
        Assert.Throws<BadInputException>(() => ImageCodec.Decode(folder.File("pipe.png")));
    }

    [Fact]
    public void Decode_JunkAfterTheImage_Works()
    {
        var png = ImageCodec.EncodePng([1, 2], new ImageShape(1, 1, 2));
        Assert.Equal<byte>([1, 2], ImageCodec.Decode([.. png, .. "junk"u8], "memory").Pixels);
    }

    [Fact]
    public void ReadHeader_GreyAndColour_TellsThemApart()
    {
        Assert.True(ImageCodec.ReadHeader(ImageCodec.EncodePng(new byte[6], new ImageShape(1, 2, 3)), "grey").StoredGrey);
        Assert.False(ImageCodec.ReadHeader(ImageCodec.EncodePng(new byte[18], new ImageShape(3, 2, 3)), "colour").StoredGrey);
        Assert.Equal(new ImageShape(1, 2, 3), ImageCodec.ReadHeader(ImageCodec.EncodePng(new byte[6], new ImageShape(1, 2, 3)), "grey").Shape);
    }
}

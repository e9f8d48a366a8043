using CsCheck;
using Ddoq.Datasets;

namespace Ddoq.Tests.Datasets;

public sealed class PillowResizeTests
{
    private static readonly string[] Images = ["noise", "pattern", "ramp"];

    [Theory]
    [Trait("golden", "preprocess")]
    [InlineData(ResizeFilter.Box)]
    [InlineData(ResizeFilter.Bilinear)]
    [InlineData(ResizeFilter.Bicubic)]
    [InlineData(ResizeFilter.Lanczos)]
    [InlineData(ResizeFilter.Nearest)]
    public void Resize_GoldenCases_EqualPillowExactly(ResizeFilter filter)
    {
        using var golden = new GoldenImages();
        var cases = golden.Names.Where(n => n.StartsWith("pil_resize.") && n.Split('.')[2] == filter.ToString().ToLowerInvariant()).ToArray();
        Assert.NotEmpty(cases);
        foreach (var name in cases)
        {
            var (shape, pixels) = golden[$"img.{name.Split('.')[1]}"];
            var (wanted, expected) = golden[name];
            Assert.Equal(expected, PillowResize.Resize(pixels, shape, wanted.Height, wanted.Width, filter));
        }
    }

    [Fact]
    [Trait("golden", "preprocess")]
    public void Decode_GoldenPng_EqualsItsTensor()
    {
        using var golden = new GoldenImages();
        foreach (var image in Images)
        {
            var decoded = ImageCodec.Decode(Golden.File("preprocess", $"{image}.png"), channels: 3);
            var (shape, pixels) = golden[$"img.{image}"];
            Assert.Equal(shape, decoded.Shape);
            Assert.Equal(pixels, decoded.Pixels);
        }
    }

    [Fact]
    [Trait("golden", "preprocess")]
    public void ShortSideThenCentreCrop_GoldenEvaluationTransforms_EqualTorchvisionExactly()
    {
        using var golden = new GoldenImages();
        var cases = golden.Names.Where(n => n.StartsWith("eval.") && n.EndsWith(".uint8")).ToArray();
        Assert.NotEmpty(cases);
        foreach (var name in cases)
        {
            var parts = name.Split('.');
            var filter = Enum.Parse<ResizeFilter>(parts[2], ignoreCase: true);
            var (resize, crop) = (int.Parse(parts[3].Split('_')[0]), int.Parse(parts[3].Split('_')[1]));
            var (shape, pixels) = golden[$"img.{parts[1]}"];
            var (height, width) = shape.Height <= shape.Width ? (resize, resize * shape.Width / shape.Height) : (resize * shape.Height / shape.Width, resize);
            var resized = PillowResize.Resize(pixels, shape, height, width, filter);
            Assert.Equal(golden[name].Pixels, PillowResize.CentreCrop(resized, new ImageShape(3, height, width), crop));
        }
    }

    [Fact]
    [Trait("golden", "preprocess")]
    public void CentreCrop_GoldenCases_RoundAndPadAsTorchvision()
    {
        using var golden = new GoldenImages();
        var rows = Golden.Json("preprocess", "preprocess.json").GetProperty("center_crop").EnumerateArray().ToArray();
        Assert.NotEmpty(rows);
        foreach (var row in rows)
        {
            int Number(string key) => row.GetProperty(key).GetInt32();
            var shape = new ImageShape(3, Number("h"), Number("w"));
            var pixels = new byte[shape.Size];
            for (var i = 0; i < pixels.Length; i++) pixels[i % 3 * (shape.Height * shape.Width) + i / 3] = (byte)(i % 251);
            Assert.Equal(golden[row.GetProperty("case").GetString()!].Pixels, PillowResize.CentreCrop(pixels, shape, Number("crop")));
        }
    }

    [Fact]
    [Trait("golden", "preprocess")]
    public void ResizedCrop_GoldenBoxes_EqualTorchvisionExactly()
    {
        using var golden = new GoldenImages();
        var rows = Golden.Json("preprocess", "preprocess.json").GetProperty("cases").EnumerateArray().Where(c => c.TryGetProperty("box_ijhw", out _)).ToArray();
        Assert.NotEmpty(rows);
        foreach (var row in rows)
        {
            int[] box = [.. row.GetProperty("box_ijhw").EnumerateArray().Select(v => v.GetInt32())];
            var (shape, pixels) = golden[$"img.{row.GetProperty("image").GetString()}"];
            foreach (var filter in new[] { ResizeFilter.Bilinear, ResizeFilter.Bicubic })
                Assert.Equal(golden[$"{row.GetProperty("case").GetString()}.{filter.ToString().ToLowerInvariant()}"].Pixels,
                    PillowResize.ResizedCrop(pixels, shape, new CropBox(box[0], box[1], box[2], box[3]), row.GetProperty("size").GetInt32(), filter, row.GetProperty("hflip").GetBoolean()));
        }
    }

    [Fact]
    public void ResizedCrop_BoxOutsideTheImage_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PillowResize.ResizedCrop(new byte[12], new ImageShape(1, 3, 4), new CropBox(1, 1, 2, 4), 2, ResizeFilter.Bilinear, false));

    [Fact]
    public void ShortSideThenCentreCrop_IsResizeThenCrop()
    {
        var shape = new ImageShape(3, 10, 17);
        var pixels = SampleImages.Noise(shape.Size);
        var expected = PillowResize.CentreCrop(PillowResize.Resize(pixels, shape, 7, 11, ResizeFilter.Bicubic), new ImageShape(3, 7, 11), 7);
        Assert.Equal(expected, PillowResize.ShortSideThenCentreCrop(pixels, shape, 7, ResizeFilter.Bicubic));
    }

    [Fact]
    public void Resize_FlatImage_StaysFlat() =>
        Gen.Select(Gen.Byte, Gen.Int[1, 30], Gen.Int[1, 30], Gen.Int[1, 30], Gen.Int[0, 3]).Sample((value, height, width, side, filter) =>
        {
            var flat = new byte[height * width];
            flat.AsSpan().Fill(value);
            return PillowResize.Resize(flat, new ImageShape(1, height, width), side, side, (ResizeFilter)filter).All(p => p == value);
        }, iter: 200);

    [Fact]
    public void Resize_ToTheSameSize_ChangesNothing()
    {
        var pixels = SampleImages.Noise(3 * 5 * 6);
        Assert.Equal(pixels, PillowResize.Resize(pixels, new ImageShape(3, 5, 6), 5, 6, ResizeFilter.Lanczos));
    }

    [Fact]
    public void Resize_BoxByTwo_IsTheMeanOfEachPairRoundedPerPass() =>
        Assert.Equal<byte>([25], PillowResize.Resize([10, 20, 30, 40], new ImageShape(1, 2, 2), 1, 1, ResizeFilter.Box));

    [Fact]
    public void Resize_TooLargeResult_IsRefused() =>
        Assert.Throws<ArgumentException>(() => PillowResize.Resize(new byte[3], new ImageShape(3, 1, 1), 60_000, 60_000, ResizeFilter.Box));
}

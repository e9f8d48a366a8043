using System.Globalization;
using System.Text.Json;
using Ddoq.Augmentations;
using Ddoq.Datasets;
using Ddoq.Neural.Augmentations;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Evaluation;
using Ddoq.Tests.Datasets;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>Our changes of images and losses against torchvision, D4M's code and the data set condensation code.</summary>
[Trait("golden", "preprocess")]
public sealed class PreprocessGoldenTests : IDisposable
{
    private const double Tolerance = 1e-5;

    private readonly GoldenTensors _golden = new("preprocess", "preprocess_io.safetensors");
    private readonly JsonElement _json = GoldenTensors.Json("preprocess", "preprocess.json");
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _golden.Dispose();
    }

    [Fact]
    public void TensorResize_EveryCase_IsTorchsInterpolate()
    {
        foreach (var key in Keys("tensor_resize."))
        {
            var (parts, shape) = (key.Split('.'), _golden[key].shape);
            int height = (int)shape[^2], width = (int)shape[^1];
            var x = _golden["tensor.x"];
            Require(parts[1] switch
            {
                "nearest" => TensorResize.Nearest(x, height, width),
                "bilinear" => TensorResize.Bilinear(x, height, width, parts[2] == "aa"),
                "bicubic" => TensorResize.Bicubic(x, height, width, parts[2] == "aa"),
                var other => throw new ArgumentException(other),
            }, key);
        }
    }

    [Fact]
    public void ColourJitter_EveryCase_IsTorchvisions()
    {
        var x = _golden["color.x"];
        foreach (var key in Keys("color.").Where(k => k != "color.x"))
        {
            var parts = key.Split('.', 3);
            var amount = parts.Length > 2 ? double.Parse(parts[2], CultureInfo.InvariantCulture) : 0;
            Require(parts[1] switch
            {
                "brightness" => ColourJitter.Brightness(x, amount),
                "contrast" => ColourJitter.Contrast(x, amount),
                "saturation" => ColourJitter.Saturation(x, amount),
                "hue" => ColourJitter.Hue(x, amount),
                "gray" => ColourJitter.Grey(x),
                var other => throw new ArgumentException(other),
            }, key);
        }
    }

    [Fact]
    public void MixUp_EveryShare_MixesTheImages()
    {
        foreach (var key in Keys("mixup.")) Require(Mixed(new Mixture(0, double.Parse(key[6..], CultureInfo.InvariantCulture), null)), key);
    }

    [Fact]
    public void CutMix_EveryRow_CutsTheBoxAndAdjustsTheShare()
    {
        var x = _golden["mix.x"];
        var rows = _json.GetProperty("cutmix").GetProperty("rows").EnumerateArray().ToArray();
        Assert.NotEmpty(rows);
        foreach (var row in rows)
        {
            var mixture = Mixture.Cut(0, row.GetProperty("lam").GetDouble(), new ImageShape((int)x.shape[1], (int)x.shape[2], (int)x.shape[3]), row.GetProperty("cx").GetInt32(), row.GetProperty("cy").GetInt32());
            var box = mixture.Box!.Value;
            Assert.Equal(row.GetProperty("bbox").EnumerateArray().Select(v => v.GetInt32()), [box.Top, box.Left, box.Bottom, box.Right]);
            Assert.Equal(row.GetProperty("lam_adjusted").GetDouble(), mixture.Share, 1e-12);
            Require(Mixed(mixture), row.GetProperty("case").GetString()!);
        }
    }

    // The batch mixed with itself in the golden order, the same way for every image.
    private Tensor Mixed(Mixture mixture)
    {
        var x = _golden["mix.x"];
        var shares = new float[x.shape[2] * x.shape[3]];
        mixture.FillShares(shares, (int)x.shape[3]);
        var share = tensor(shares, [1, 1, x.shape[2], x.shape[3]]);
        return share * x + (1 - share) * x.index_select(0, _golden["mix.perm"]);
    }

    [Fact]
    public void SoftLabelLoss_EveryCase_GivesTheLoss()
    {
        var (student, teacher) = (_golden["mix.student_logits"], _golden["mix.teacher_logits"]);
        static double Mean(Tensor each) => each.mean().item<float>();
        var temperatures = _json.GetProperty("soft_label_kl").EnumerateArray().ToArray();
        Assert.NotEmpty(temperatures);
        foreach (var row in temperatures)
        {
            var t = row.GetProperty("T").GetDouble();
            Assert.Equal(row.GetProperty("kl_batchmean").GetDouble(), Mean(SoftLabelLoss.Divergence(student, teacher, t)), Tolerance);
            Assert.Equal(row.GetProperty("kl_batchmean_times_T2").GetDouble(), Mean(SoftLabelLoss.Scaled(student, teacher, t)), Tolerance);
        }
        foreach (var row in _json.GetProperty("mix_criterion").EnumerateArray())
        {
            var labels = tensor(row.GetProperty("labels").EnumerateArray().Select(l => l.GetInt64()).ToArray());
            var found = SoftLabelLoss.Mixed(student, labels, labels.index_select(0, _golden["mix.perm"]), tensor(row.GetProperty("lam").GetSingle()));
            Assert.Equal(row.GetProperty("loss").GetDouble(), Mean(found), Tolerance);
        }
        Assert.Equal(_json.GetProperty("soft_cross_entropy").GetDouble(), Mean(SoftLabelLoss.CrossEntropy(student, teacher)), Tolerance);
    }

    [Fact]
    public void SiameseAugmentation_EveryOperation_IsThePublishedOne()
    {
        var x = _golden["dsa.x"];
        foreach (var key in Keys("dsa.rand_"))
        {
            var parts = key.Split('.');
            Tensor Draws(string name) => parts[2] == "siamese" ? _golden[name][..1] : _golden[name]; // one number for all
            var (u1, u2) = (Draws("dsa.u1"), Draws("dsa.u2"));
            Require(parts[1] switch
            {
                "rand_scale" => SiameseAugmentation.Scaled(x, u1, u2),
                "rand_rotate" => SiameseAugmentation.Rotated(x, u1),
                "rand_flip" => SiameseAugmentation.Flipped(x, u1),
                "rand_brightness" => SiameseAugmentation.Brightened(x, u1),
                "rand_saturation" => SiameseAugmentation.Saturated(x, u1),
                "rand_contrast" => SiameseAugmentation.Contrasted(x, u1),
                "rand_crop" => SiameseAugmentation.Cropped(x, u1, u2),
                "rand_cutout" => SiameseAugmentation.CutOut(x, u1, u2),
                var other => throw new ArgumentException(other),
            }, key);
        }
    }

    [Fact]
    public void ToSymmetric_StableDiffusionInput_MapsThePixels()
    {
        var expected = _golden["sd_input.pattern"];
        var (height, width) = ((int)expected.shape[1], (int)expected.shape[2]);
        using var pictures = new GoldenImages();
        var (shape, pixels) = pictures["img.pattern"];
        var resized = PillowResize.ShortSideThenCentreCrop(pixels, shape, height, ResizeFilter.Bilinear);
        Require(tensor(Pixels.ToSymmetric(resized, shape with { Height = height, Width = width }), 3, height, width), "sd_input.pattern");
    }

    private string[] Keys(string prefix)
    {
        string[] keys = [.. _golden.Names.Where(n => n.StartsWith(prefix, StringComparison.Ordinal))];
        Assert.NotEmpty(keys);
        return keys;
    }

    private void Require(Tensor found, string key)
    {
        var expected = _golden[key];
        Assert.Equal(expected.shape, found.shape);
        var off = (found - expected).abs().max().item<float>();
        Assert.True(off <= Tolerance, $"{key}: off by {off:G3}");
    }
}

using Ddoq.Datasets;
using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Encoding;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Encoding;

public sealed class PcaCodecTests
{
    private static readonly ImageShape Small = new(3, 5, 4);

    [Fact]
    public void Fit_NoisyImages_AxesAreOrthonormalAndSigned()
    {
        using var codec = PcaCodec.Fit(Noise(200, Small), 20);
        var (d, p) = (codec.Latent.Dimension, Small.Size);
        using var scope = NewDisposeScope();
        var axes = tensor(codec.Axes.ToArray(), [d, p], ScalarType.Float64);
        Agreement.Require(axes.mm(axes.t()), eye(d), 1e-6);
        Assert.All(Enumerable.Range(0, d), k => Assert.True(codec.Axes.Slice(k * p, p).ToArray().MaxBy(Math.Abs) > 0));
    }

    // Eckart and Young: what D axes lose is the sum of the variances beyond them. 4096 and 0 choose the two ways to the same axes.
    [Theory]
    [InlineData(4096)]
    [InlineData(0)]
    public void Of_FewAxes_LoseTheDroppedVariances(int mostPixels)
    {
        var data = Noise(80, Small);
        var whole = PrincipalAxes.Of(data, Small.Size, mostPixels: mostPixels);
        var part = PrincipalAxes.Of(data, 15, mostPixels: mostPixels);
        Assert.Equal(Small.Size, whole.Variances.Length);
        Assert.Equal(whole.TotalVariance, whole.Variances.Sum(), 1e-8 * whole.TotalVariance);
        Assert.Equal(whole.Variances[15..].Sum(), MeanSquaredError(data, part), 1e-5 * whole.TotalVariance);
    }

    [Fact]
    public void Of_BothWays_GiveTheSameAxes()
    {
        var data = Noise(80, Small);
        var (covariance, products) = (PrincipalAxes.Of(data, 10), PrincipalAxes.Of(data, 10, mostPixels: 0));
        Assert.Equal(covariance.Mean, products.Mean);
        Assert.All(covariance.Variances.Zip(products.Variances), v => Assert.Equal(v.First, v.Second, 1e-9 * v.First));
        Assert.All(covariance.Axes.Zip(products.Axes), v => Assert.Equal(v.First, v.Second, 1e-5));
    }

    // Images 100 + a u + b v with small integers a, b: two directions, found exactly.
    [Fact]
    public void Fit_ImagesOfRankTwo_FindsTwoAxesAndDecodesWithoutError()
    {
        var pixels = new byte[9 * 7 * Small.Size];
        for (var i = 0; i < 63; i++)
            for (var p = 0; p < Small.Size; p++) pixels[i * Small.Size + p] = (byte)(100 + (i % 9 - 4) * (p % 5) + (i / 9 - 3) * (p % 3 == 0 ? 7 : 0));
        var data = new InMemoryDataset("rank two", ["a"], Small, pixels, new int[63]);
        using var codec = PcaCodec.Fit(data);
        Assert.Equal(LatentShape.Vector(2), codec.Latent);
        Assert.Equal(1, codec.Settings.ExplainedVariance, 1e-9);
        Assert.Equal(pixels, codec.Through(pixels));
        var refused = Assert.Throws<BadInputException>(() => PcaCodec.Fit(data, 3));
        Assert.Contains("vary in 2 directions", refused.Message);
    }

    [Fact]
    public void Encode_TrainingImages_HaveZeroMeanAndUnitMeanVariance()
    {
        var data = Noise(300, Small);
        using var codec = PcaCodec.Fit(data, 12);
        var latents = new float[300 * 12];
        codec.Encode(data.Pixels.Span, latents);
        Assert.All(Enumerable.Range(0, 12), k => Assert.Equal(0, Enumerable.Range(0, 300).Average(i => latents[i * 12 + k]), 1e-4));
        Assert.Equal(1, latents.Average(z => (double)z * z), 1e-4);
    }

    [Fact]
    public void Load_SavedCodec_HasTheSameBitsAndHash()
    {
        using var folder = new TemporaryFolder();
        var data = Noise(100, Small);
        using var codec = PcaCodec.Fit(data, 9);
        codec.Save(folder.Path);
        using var loaded = PcaCodec.Load(folder.Path);
        Assert.Equal(codec.Settings, loaded.Settings);
        Assert.Equal(codec.Hash, loaded.Hash);
        Assert.Equal(codec.Through(data.Pixels.Span), loaded.Through(data.Pixels.Span));
        var (a, b) = (new float[900], new float[900]);
        codec.Encode(data.Pixels.Span, a);
        loaded.Encode(data.Pixels.Span, b);
        Assert.Equal(a, b);
    }

    [Fact]
    public void Fit_SameImagesTwice_GivesOneHash()
    {
        using var first = PcaCodec.Fit(Noise(100, Small), 9);
        using var second = PcaCodec.Fit(Noise(100, Small), 9);
        using var other = PcaCodec.Fit(Noise(101, Small), 9);
        Assert.Equal(first.Hash, second.Hash);
        Assert.NotEqual(first.Hash, other.Hash);
    }

    [Fact]
    public void Load_WrongFiles_AreRefused()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("no model", Assert.Throws<BadInputException>(() => PcaCodec.Load(folder.Path)).Message);
        using var codec = PcaCodec.Fit(Noise(50, Small), 4);
        codec.Save(folder.Path);
        new SafetensorsWriter().Add("mean", new float[60], 60).Add("axes", new float[3 * 60], 3, 60).Write(folder["pca.safetensors"], replace: true);
        Assert.Contains("expected shape [4, 60]", Assert.Throws<BadInputException>(() => PcaCodec.Load(folder.Path)).Message);
        var axes = new float[4 * 60];
        axes[61] = float.NaN;
        new SafetensorsWriter().Add("mean", new float[60], 60).Add("axes", axes, 4, 60).Write(folder["pca.safetensors"], replace: true);
        Assert.Contains("element 61", Assert.Throws<BadInputException>(() => PcaCodec.Load(folder.Path)).Message);
    }

    [Fact]
    public void Fit_ConstantImagesOrBadDimension_IsRefused()
    {
        var constant = new InMemoryDataset("grey", ["a"], Small, Enumerable.Repeat((byte)7, 5 * Small.Size).ToArray(), new int[5]);
        Assert.Contains("all the same", Assert.Throws<BadInputException>(() => PcaCodec.Fit(constant)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => PcaCodec.Fit(Noise(10, Small), 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => PcaCodec.Fit(Noise(10, Small), 0));
    }

    [Fact]
    public void Fit_FashionMnist_DecodesAbove20Decibels()
    {
        using var codec = PcaCodec.Fit(FashionImages.Take(2000));
        Assert.Equal(128, codec.Latent.Dimension);
        var unseen = Reconstruction.Psnr(codec, FashionImages.Take(500, first: 5000));
        Assert.InRange(unseen, 20, 40);
    }

    private static InMemoryDataset Noise(int count, ImageShape shape)
    {
        var draw = new SeedSequence(5).Stream("pixels");
        var pixels = new byte[count * shape.Size];
        // Unequal spreads, so that the order of the axes is certain.
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)(128 + (draw.Next(101) - 50) * (10 + i % shape.Size) / (10 + shape.Size));
        return new InMemoryDataset("noise", ["a"], shape, pixels, new int[count]);
    }

    private static double MeanSquaredError(IImageDataset data, PrincipalAxes axes)
    {
        using var scope = NewDisposeScope();
        var p = data.Shape.Size;
        var x = tensor(Array.ConvertAll(PixelMoments.Read(data, [.. Enumerable.Range(0, data.Count)]), b => (double)b), [data.Count, p]);
        var basis = tensor(axes.Axes, [axes.Variances.Length, p], ScalarType.Float64);
        var centred = x - tensor(axes.Mean, [1, p], ScalarType.Float64);
        return (centred - centred.mm(basis.t()).mm(basis)).square().sum().item<double>() / data.Count;
    }
}

using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Networks.StableDiffusion;
using Ddoq.Neural.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Networks;

/// <summary>Shapes, and the very layers of our networks in double precision.</summary>
public sealed class NetworksTests
{
    [Theory]
    [InlineData(1, 28, 28, 6, 8, 8)]
    [InlineData(3, 32, 32, 4, 8, 8)]
    [InlineData(3, 13, 21, 2, 4, 6)]
    [InlineData(1, 5, 4, 1, 2, 2)]
    public void Vae_AnyImageSize_GivesEvenLatentsAndTheSameSizeBack(int channels, int height, int width, int latentChannels, int rows, int columns)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var settings = new VaeSettings(channels, height, width, latentChannels, 16, 1, "none", "f", 1, 0, null);
        var network = new AutoencoderKL(settings.Network).WithTorchDefaults(new SeedSequence(1));
        Assert.Equal(new LatentShape(latentChannels, rows, columns), settings.Latent);
        var (mean, logVariance) = network.Encode(settings.Cells.Of(new Draws("vae").Normal(2, channels, height, width)));
        Assert.Equal([2, latentChannels, rows, columns], mean.shape);
        Assert.Equal(mean.shape, logVariance.shape);
        Assert.Equal([2, channels, height, width], settings.Cells.ToImages(network.Decode(mean)).shape);
    }

    [Theory]
    [InlineData(1, 28, 28)]
    [InlineData(3, 13, 21)]
    public void PixelCells_ThereAndBack_IsTheImage(int channels, int height, int width)
    {
        using var scope = NewDisposeScope();
        var cells = new PixelCells(new ImageShape(channels, height, width), 8);
        var images = new Draws("cells").Normal(2, channels, height, width);
        var inside = cells.Of(images);
        Assert.Equal([2, cells.Shape.Channels, cells.Shape.Height, cells.Shape.Width], inside.shape);
        Agreement.RequireSameBits(cells.ToImages(inside), images, "there and back");
        Assert.Equal(images[0, 0, 0, 0].item<float>(), inside[0, 0, 0, 0].item<float>()); // the border repeats the nearest pixel
    }

    [Fact]
    public void Vae_WholeNetwork_AgreesWithFloat64() => RequireExact(
        new AutoencoderKL(new VaeSettings(1, 28, 28, 6, 16, 1, "none", "f", 1, 0, null).Network).WithTorchDefaults(new SeedSequence(1)), new Draws("vae").Normal(3, 4, 16, 16));

    [Fact]
    public void ConvNet_WholeNetwork_AgreesWithFloat64() => RequireExact(
        new ConvNet(new ConvNetShape(new ImageShape(1, 28, 28), 10, 24)).WithTorchDefaults(new SeedSequence(1)), new Draws("convnet").Normal(3, 1, 28, 28));

    [Fact]
    public void WithTorchDefaults_EveryParameter_IsWithinItsBound()
    {
        var network = new ConvNet(new ConvNetShape(new ImageShape(3, 8, 8), 4, 8, 2)).WithTorchDefaults(new SeedSequence(1));
        var bounds = new Dictionary<string, double> { ["features.0"] = 1 / Math.Sqrt(27), ["features.4"] = 1 / Math.Sqrt(72), ["classifier"] = 1 / Math.Sqrt(32) };
        foreach (var (name, parameter) in network.named_parameters())
        {
            var owner = name[..name.LastIndexOf('.')];
            var values = parameter.ToFloats();
            if (bounds.TryGetValue(owner, out var bound))
            {
                Assert.All(values, v => Assert.InRange(v, -bound, bound));
                Assert.True(values.Max() - values.Min() > bound * 0.3, name);
            }
            else Assert.All(values, v => Assert.Equal(name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0, v));
        }
    }

    [Fact]
    public void WithPaperInitialization_NewTransformer_IsGatedOffAndPredictsZero()
    {
        using var scope = NewDisposeScope();
        var network = new DiT(new DiTShape(2, 4, 4, 3, Hidden: 16, Depth: 2, Heads: 2)).WithPaperInitialization(new SeedSequence(1));
        var y = network.call(new Draws("dit").Normal(2, 2, 4, 4), tensor(new long[] { 0, 999 }), tensor(new long[] { 0, 3 }));
        Assert.Equal([2, 2, 4, 4], y.shape);
        Assert.Equal(0, y.abs().max().item<float>());
        var embedding = network.state_dict()["y_embedder.embedding_table.weight"];
        Assert.InRange(embedding.square().mean().sqrt().item<float>(), 0.01f, 0.03f);
        Assert.Throws<ArgumentException>(() => new DiT(new DiTShape(2, 5, 4, 3)));
    }

    // Output and gradients of a network in float32 against the same weights in float64.
    private static void RequireExact(nn.Module<Tensor, Tensor> network, Tensor input)
    {
        using var scope = NewDisposeScope();
        var (found, expected) = (Evaluate(network, input), Evaluate((nn.Module<Tensor, Tensor>)network.to(ScalarType.Float64), input.to(ScalarType.Float64)));
        var largest = expected.Skip(2).Max(g => g.abs().max().item<double>());
        Agreement.Require(found[0], expected[0], 1e-4, "output");
        Agreement.Require(found[1], expected[1], 1e-4, "gradient of the input");
        foreach (var (f, e) in found.Zip(expected).Skip(2)) Assert.InRange((f.to(ScalarType.Float64) - e).abs().max().item<double>(), 0, 1e-4 * largest);
    }

    private static Tensor[] Evaluate(nn.Module<Tensor, Tensor> network, Tensor input)
    {
        var x = input.detach().clone().requires_grad_(true);
        var y = network.call(x);
        return [y, .. autograd.grad([y.square().mean()], [x, .. network.parameters()], allow_unused: true).Where(g => g is not null).Select(g => g.clone())];
    }
}

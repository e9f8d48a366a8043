using System.Text.Json;
using Ddoq.Datasets;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>Our ConvNet against the networks of the data set condensation code, down to the second-order gradient of gradient matching.</summary>
[Trait("golden", "convnet")]
public sealed class ConvNetGoldenTests
{
    private readonly JsonElement _json = GoldenTensors.Json("convnet", "convnet.json");

    private long Seed => _json.GetProperty("seed").GetInt64();

    [Theory]
    [InlineData("convnet3_full")]
    [InlineData("convnet3_small")]
    [InlineData("convnet3_mnist")]
    public void Forward_InstanceNormCases_GivesLogitsAndFeatures(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenTensors("convnet", "convnet_io.safetensors");
        var (network, x) = Case(name);
        GoldenTolerance.RequireValues(network.call(x), golden[$"{name}.logits"], "logits");
        GoldenTolerance.RequireValues(network.Embed(x), golden[$"{name}.embed"], "embed");
    }

    [Theory]
    [InlineData("convnet3_full")]
    [InlineData("convnet3_small")]
    [InlineData("convnet3_mnist")]
    public void Backward_InstanceNormCases_GivesGradientsOfBothOrders(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenTensors("convnet", "convnet_io.safetensors");
        var (network, x) = Case(name);
        x.requires_grad_(true);
        var parameters = network.named_parameters().Select(p => (p.name, Value: (Tensor)p.parameter)).ToArray();
        var labels = tensor(_json.GetProperty("train_labels").EnumerateArray().Select(l => l.GetInt64()).ToArray());
        var loss = nn.functional.cross_entropy(network.call(x), labels);
        GoldenTolerance.RequireValues(loss.view(1), golden[$"{name}.train_loss"], "train_loss");

        var slopes = autograd.grad([loss], [.. parameters.Select(p => p.Value)], retain_graph: true, create_graph: true);
        Tensor SlopeOf(string key) => slopes[Array.FindIndex(parameters, p => p.name == key)];
        GoldenTolerance.RequireGradient(SlopeOf("classifier.bias"), golden[$"{name}.grad.classifier.bias"], "classifier.bias");
        // A bias before instance norm changes nothing: both gradients are rounding around an exact zero.
        var scale = slopes.Max(g => g.abs().max().item<float>());
        foreach (var zero in new[] { SlopeOf("features.0.bias"), golden[$"{name}.grad.features.0.bias"] })
            Assert.InRange(zero.abs().max().item<float>(), 0, 1e-4 * scale);

        var norm = slopes.Aggregate(zeros(1), (sum, g) => sum + g.square().sum());
        GoldenTolerance.RequireGradient(norm, golden[$"{name}.grad_sq_norm"], "grad_sq_norm", 1e-3);
        GoldenTolerance.RequireGradient(autograd.grad([norm.sum()], [x]).Single(), golden[$"{name}.d_grad_sq_norm_dx"], "d_grad_sq_norm_dx", 1e-3);
    }

    [Fact]
    public void Read_StoredWeights_EqualTheRule()
    {
        using var scope = NewDisposeScope();
        var (ruled, _) = Case("convnet3_small");
        var stored = new ConvNet(ruled.Shape);
        Weights.Read(Golden.File("convnet", "convnet3_small.safetensors"), stored);
        foreach (var (name, value) in ruled.state_dict()) Agreement.RequireSameBits(stored.state_dict()[name], value, name);
    }

    private (ConvNet Network, Tensor Input) Case(string name)
    {
        var row = _json.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("case").GetString() == name);
        int Number(string key) => row.GetProperty(key).GetInt32();
        var (channels, side) = (Number("channel"), row.GetProperty("im_size")[0].GetInt32());
        var network = new ConvNet(new ConvNetShape(new ImageShape(channels, side, side), Number("num_classes"), Number("net_width"), Number("net_depth")));
        new GoldenNetwork("convnet", "convnet").FillByRule(network);
        return (network, Hashfill.NoiseTensor($"{name}.input", Seed, 3, channels, side, side));
    }
}

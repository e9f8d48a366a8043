using System.Text.Json;
using Ddoq.Datasets;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Networks.Passes;
using Ddoq.Neural.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>Our ConvNet against the networks of the data set condensation code, down to the second-order gradient of gradient matching.</summary>
[Trait("golden", "convnet")]
public sealed class ConvNetGoldenTests
{
    private readonly JsonElement _json = GoldenTensors.Json("convnet", "convnet.json");

    private long Seed => _json.GetProperty("seed").GetInt64();

    public static TheoryData<string> Cases
    {
        get
        {
            if (!Golden.Names("convnet").Contains("convnet")) return [""];
            return [.. GoldenTensors.Json("convnet", "convnet.json").GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("case").GetString()!)];
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_EveryCase_GivesLogitsAndFeatures(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenTensors("convnet", "convnet_io.safetensors");
        var (network, x) = Case(name);
        network.eval();
        GoldenTolerance.RequireValues(LeakCheck.Call(() => network.call(x)), golden[$"{name}.logits"], "logits");
        GoldenTolerance.RequireValues(network.Embed(x), golden[$"{name}.embed"], "embed");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Backward_EveryCase_GivesGradientsOfBothOrders(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenTensors("convnet", "convnet_io.safetensors");
        var (network, x) = Case(name);
        network.train();
        x.requires_grad_(true);
        var parameters = network.named_parameters().Select(p => (p.name, Value: (Tensor)p.parameter)).ToArray();
        var labels = tensor(_json.GetProperty("train_labels").EnumerateArray().Select(l => l.GetInt64()).ToArray());
        var loss = nn.functional.cross_entropy(network.call(x), labels);
        GoldenTolerance.RequireValues(loss.view(1), golden[$"{name}.train_loss"], "train_loss");

        var slopes = autograd.grad([loss], [.. parameters.Select(p => p.Value)], retain_graph: true, create_graph: true);
        var scale = slopes.Max(g => g.abs().max().item<float>());
        string[] stored = [.. golden.Names.Where(n => n.StartsWith($"{name}.grad.", StringComparison.Ordinal))];
        Assert.NotEmpty(stored);
        foreach (var key in stored)
        {
            var slope = slopes[Array.FindIndex(parameters, p => p.name == key[$"{name}.grad.".Length..])];
            // A bias before a norm of each channel changes nothing: both gradients are rounding around an exact zero.
            if (network.Shape.Norm is ConvNetNorm.Instance or ConvNetNorm.Batch && key.EndsWith("features.0.bias", StringComparison.Ordinal))
                foreach (var zero in new[] { slope, golden[key] }) Assert.InRange(zero.abs().max().item<float>(), 0, 1e-4 * scale);
            else GoldenTolerance.RequireGradient(slope, golden[key], key);
        }
        var norm = slopes.Aggregate(zeros(1), (sum, g) => sum + g.square().sum());
        GoldenTolerance.RequireGradient(norm, golden[$"{name}.grad_sq_norm"], "grad_sq_norm", 1e-3);
        GoldenTolerance.RequireGradient(autograd.grad([norm.sum()], [x]).Single(), golden[$"{name}.d_grad_sq_norm_dx"], "d_grad_sq_norm_dx", 1e-3);
    }

    /// <summary>The pass that students train by, at the tolerances of the network itself.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Pass_EveryCaseThatItTakes_GivesLogitsAndGradients(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenTensors("convnet", "convnet_io.safetensors");
        var (network, x) = Case(name);
        Assert.SkipUnless(ConvNetPass.Takes(network.Shape), "a shape that trains by its module");
        using var pass = new ConvNetPass(network);
        GoldenTolerance.RequireValues(pass.Evaluate(x), golden[$"{name}.logits"], "logits");

        var logits = pass.Train(x).requires_grad_(true);
        var labels = tensor(_json.GetProperty("train_labels").EnumerateArray().Select(l => l.GetInt64()).ToArray());
        nn.functional.cross_entropy(logits, labels).backward();
        pass.Backward(logits.grad!);
        var slopes = network.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!);
        var scale = slopes.Values.Max(g => g.abs().max().item<float>());
        foreach (var key in golden.Names.Where(n => n.StartsWith($"{name}.grad.", StringComparison.Ordinal)))
        {
            var slope = slopes[key[$"{name}.grad.".Length..]];
            if (key.EndsWith("features.0.bias", StringComparison.Ordinal)) Assert.InRange(slope.abs().max().item<float>(), 0, 1e-4 * scale); // as above
            else GoldenTolerance.RequireGradient(slope, golden[key], key);
        }
    }

    [Fact]
    public void GradientDistance_EveryKind_IsThePublishedOne()
    {
        using var scope = NewDisposeScope();
        var match = _json.GetProperty("match_loss");
        Tensor[] Slopes(string side) => [.. match.GetProperty("shapes").EnumerateArray().Select((row, i) =>
        {
            long[] shape = [.. row.EnumerateArray().Select(v => v.GetInt64())];
            return tensor(Hashfill.Data($"match.{side}.{i}", Seed, shape.Aggregate(1L, (a, b) => a * b)), shape);
        })];
        var (a, b) = (Slopes("a"), Slopes("b"));
        foreach (var row in match.GetProperty("values").EnumerateObject())
        {
            var kind = row.Name switch { "ours" => GradientDistanceKind.RowAngles, "mse" => GradientDistanceKind.Square, "cos" => GradientDistanceKind.Angle, var other => throw new ArgumentException(other) };
            Assert.Equal(row.Value.GetDouble(), GradientDistance.Of(a, b, kind).item<float>(), 1e-4 * row.Value.GetDouble());
        }
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
        string Word(string key) => row.GetProperty(key).GetString()!;
        var shape = new ConvNetShape(new ImageShape(channels, side, side), Number("num_classes"), Number("net_width"), Number("net_depth"),
            Word("net_norm") switch { "instancenorm" => ConvNetNorm.Instance, "batchnorm" => ConvNetNorm.Batch, "layernorm" => ConvNetNorm.Layer, "groupnorm" => ConvNetNorm.Group, "none" => ConvNetNorm.None, var n => throw new ArgumentException(n) },
            Word("net_act") switch { "relu" => ConvNetActivation.Relu, "leakyrelu" => ConvNetActivation.LeakyRelu, "sigmoid" => ConvNetActivation.Sigmoid, var n => throw new ArgumentException(n) },
            Word("net_pooling") switch { "avgpooling" => ConvNetPooling.Average, "maxpooling" => ConvNetPooling.Max, "none" => ConvNetPooling.None, var n => throw new ArgumentException(n) });
        var network = new ConvNet(shape);
        new GoldenNetwork("convnet", "convnet").FillByRule(network);
        return (network, Hashfill.NoiseTensor($"{name}.input", Seed, 3, channels, side, side));
    }
}

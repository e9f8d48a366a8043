using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Networks.Classifiers;
using Ddoq.Neural.Training;
using Ddoq.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Networks;

/// <summary>Classifiers that the golden data do not hold. Expected values: Reference/classifiers.py.</summary>
public sealed class ClassifierTests
{
    public static TheoryData<string, float[]> Expected => new()
    {
        { "vit", [-1.40402f, -1.85303f, -0.56421f, 1.63429f, 0.48259f, -1.13111f, -0.17849f, 0.50519f, 1.07f, -0.22562f] },
        { "resnet18", [-0.67804f, -0.97013f, 0.11343f, -0.1791f, -1.06698f, -0.85286f, -1.10821f, 0.07449f, -0.31606f, -0.94787f] },
        { "resnet_ap10_small", [-1.08141f, -0.61468f, -0.53601f, -0.24006f, -0.38164f, -1.0506f, -0.64085f, -0.55436f, -0.2005f, -0.42699f] },
        { "resnet_ap10_middle", [-1.27926f, -0.62413f, -0.51629f, -0.14821f, -0.38135f] },
        { "resnet_ap10_large", [-1.13716f, -0.57601f, -0.51623f, -0.17354f, -0.44677f] },
    };

    [Theory]
    [MemberData(nameof(Expected))]
    public void Forward_WeightsByTheRule_GivesTheLogitsOfTheReference(string name, float[] expected)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var side = name.EndsWith("large", StringComparison.Ordinal) ? 160 : name.EndsWith("middle", StringComparison.Ordinal) ? 96 : 32;
        var images = new ImageShape(3, side, side);
        nn.Module<Tensor, Tensor> network = name switch
        {
            "vit" => new VisionTransformer(new VisionTransformerShape(5, 32, 8, 64, 2, 4)),
            "resnet18" => Classifiers.Create("resnet18", 5, images),
            _ => Classifiers.Create("resnet_ap10", 5, images),
        };
        network.eval();
        foreach (var (key, value) in network.state_dict())
            if (value.is_floating_point()) value.CopyFrom(Hashfill.Parameter(key, value.shape, 7, new HashfillRule(1, 1, 0.25, 0.1)));
        var logits = network.call(Hashfill.NoiseTensor($"{name}.input", 7, expected.Length / 5, 3, side, side));
        Assert.Equal(expected, logits.ToFloats(), (a, b) => Math.Abs(a - b) <= 1e-4);
    }

    // Published counts of trainable parameters, torchvision's documentation.
    [Theory]
    [InlineData("resnet18", 11_689_512)]
    [InlineData("resnet50", 25_557_032)]
    [InlineData("resnet101", 44_549_160)]
    [InlineData("mobilenet_v2", 3_504_872)]
    [InlineData("efficientnet_b0", 5_288_548)]
    [InlineData("swin_t", 28_288_354)]
    [InlineData("vit_b_16", 86_567_656)]
    public void Create_OfficialShape_HasThePublishedNumberOfParameters(string name, long expected)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected, Classifiers.Create(name, 1000).parameters().Sum(p => p.numel()));
    }

    [Theory]
    [InlineData("resnet18")]
    [InlineData("resnet_ap10")]
    [InlineData("mobilenet_v2")]
    [InlineData("efficientnet_b0")]
    [InlineData("swin_t")]
    public void Train_GreyImagesOf32Pixels_LearnsTwoClassesAndLeaksNothing(string name)
    {
        var network = Classifiers.Create(name, 2, new ImageShape(1, 32, 32)).WithTorchDefaults(new SeedSequence(3));
        using var optimizer = new Adam([new(network.parameters(), 0.01)], 1e-3, decoupled: true);
        using var x = Hashfill.NoiseTensor("two classes", 1, 8, 1, 32, 32);
        using var labels = tensor(new long[] { 0, 1, 0, 1, 0, 1, 0, 1 });
        using (no_grad()) x.index_add_(0, tensor(new long[] { 0, 2, 4, 6 }), ones(4, 1, 32, 32), 1);
        float Step()
        {
            using var scope = NewDisposeScope();
            optimizer.ZeroGradients();
            var loss = nn.functional.cross_entropy(network.call(x), labels);
            loss.backward();
            optimizer.Step();
            return loss.item<float>();
        }
        var first = Step();
        Step();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var last = Enumerable.Range(0, 12).Select(_ => Step()).Last();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.True(last < 0.7 * first, $"loss {first} to {last}");
        network.Dispose();
    }

    [Fact]
    public void Read_OlderNamesOfTheVisionTransformer_FillsTheSameEntries()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var network = new VisionTransformer(new VisionTransformerShape(5, 32, 8, 64, 2, 4)).WithTorchDefaults(new SeedSequence(5));
        var writer = new Ddoq.Formats.SafetensorsWriter();
        foreach (var (key, value) in network.state_dict())
            writer.Add(key.Replace(".mlp.0.", ".mlp.linear_1.", StringComparison.Ordinal).Replace(".mlp.3.", ".mlp.linear_2.", StringComparison.Ordinal), value.ToFloats(), value.shape);
        writer.Write(folder["old.safetensors"]);
        var other = new VisionTransformer(new VisionTransformerShape(5, 32, 8, 64, 2, 4));
        Weights.Read(folder["old.safetensors"], other, VisionTransformer.Keys);
        foreach (var (key, value) in network.state_dict()) Agreement.RequireSameBits(other.state_dict()[key], value, key);
    }

    [Fact]
    public void Create_UnknownNameOrShape_IsRefusedByName()
    {
        Assert.Contains("vgg11", Assert.Throws<UsageException>(() => Classifiers.Create("vgg11", 10)).Message, StringComparison.Ordinal);
        Assert.Contains("1x28x28", Assert.Throws<BadInputException>(() => Classifiers.Create("vit_b_16", 10, new ImageShape(1, 28, 28))).Message.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}

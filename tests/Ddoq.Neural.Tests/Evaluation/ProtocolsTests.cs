using Ddoq.Augmentations;
using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Neural.Evaluation;
using Ddoq.Neural.Networks;

namespace Ddoq.Neural.Tests.Evaluation;

/// <summary>The published settings, one by one.</summary>
public sealed class ProtocolsTests
{
    private static readonly ImageShape Fashion = new(1, 28, 28), ImageNet = new(3, 224, 224);

    [Fact]
    public void A_FashionMnist_IsTheCondensationRecipe()
    {
        var p = Protocols.Named("A", new(Fashion, 10, 10));
        Assert.Equal(("ConvNet-3 w128", LabelKind.Hard, 256, StudentOptimizer.Sgd, 0.01, 5e-4), (p.Student.ToString(), p.Labels, p.BatchSize, p.Optimizer, p.LearningRate, p.WeightDecay));
        Assert.True(p.Augmentation.IsNone && p.Siamese.Count == 0 && p.DecaysVectors);
        // E = 300: 301 epochs, of which those after index 151 run at a tenth with a new optimizer; scored once, at the end.
        Assert.Equal(301, p.Epochs);
        Assert.Equal(([0.01, 0.01, 0.001, 0.001]), new[] { 0, 151, 152, 300 }.Select(p.RateAt).Select(r => Math.Round(r, 9)));
        Assert.Equal([152], Enumerable.Range(0, 301).Where(p.RestartsAt));
        Assert.Equal([301], Enumerable.Range(1, 301).Where(p.IsEvaluated));
        var augmented = Protocols.Named("a-DSA", new(Fashion, 10, 10));
        Assert.Equal((1001, "color crop cutout flip scale rotate"), (augmented.Epochs, string.Join(' ', augmented.Siamese)));
        Assert.Equal("ConvNet-5 w128", Protocols.Named("dc", new(new(3, 128, 128), 10, 10)).Student.ToString());
    }

    [Fact]
    public void B_SmallAndLarge_AreTheLongRecipes()
    {
        var small = Protocols.Named("B", new(Fashion, 10, 10));
        Assert.Equal(("ConvNet-3 w128", 64, 1000, 0.5, 5), (small.Student.ToString(), small.BatchSize, small.Epochs, small.Augmentation.MixProbability, small.Siamese.Count));
        Assert.DoesNotContain("cutout", small.Siamese);
        Assert.Equal([0.01, 0.01, 0.002, 0.002, 0.0004], new[] { 0, 665, 666, 832, 833 }.Select(small.RateAt).Select(r => Math.Round(r, 9)));
        var large = Protocols.Named("minimax", new(ImageNet, 10, 50));
        Assert.Equal(("resnet_ap10", 1500, 0.4, 0.1, 0.5, MixKind.CutMix), (large.Student.ToString(), large.Epochs, large.ColourJitter, large.Lighting, large.Augmentation.LeastArea, large.Augmentation.Mix));
        int[] ipc = [1, 10, 11, 51, 201, 501];
        Assert.Equal([3000, 2000, 1500, 1000, 500, 300], ipc.Select(n => Protocols.Named("B", new(ImageNet, 10, n)).Epochs));
        Assert.Equal([1300, 1000], new[] { 10, 50 }.Select(n => Protocols.Named("B", new(ImageNet, 100, n)).Epochs)); // two thirds, down to hundreds
        var many = Protocols.Named("B", new(ImageNet, 1000, 10));
        Assert.Equal((0.1, 1e-4, 128), (many.LearningRate, many.WeightDecay, many.BatchSize));
        var adam = Protocols.Named("B'", new(ImageNet, 10, 10));
        Assert.Equal((StudentOptimizer.AdamW, 1e-3, 0.01, 2000), (adam.Optimizer, adam.LearningRate, adam.WeightDecay, adam.Epochs));
    }

    [Fact]
    public void C_ImageNet_IsTheStoredLabelRecipe()
    {
        var p = Protocols.Named("C", new(ImageNet, 1000, 10));
        Assert.Equal((LabelKind.Soft, 300, 1024, 2, 300, 20.0, false), (p.Labels, p.Epochs, p.BatchSize, p.Parts, p.StoredViews, p.Temperature, p.ScalesWithTemperature));
        Assert.Equal((StudentOptimizer.AdamW, 1e-3, 0.01, false), (p.Optimizer, p.LearningRate, p.WeightDecay, p.DecaysVectors));
        Assert.Equal("shift=0,flip=1,area=0.08,mix=cutmix,p=1,alpha=1", p.Augmentation.ToString());
        Assert.Equal(0, p.RateAt(300), 12);
        Assert.Equal((400, 128, 30.0), (Protocols.Named("C", new(Fashion, 10, 10)).Epochs, Protocols.Named("C", new(Fashion, 10, 10)).BatchSize, Protocols.Named("C", new(Fashion, 10, 10)).Temperature));
    }

    [Fact]
    public void CPrime_EveryScale_IsTheOnlineRecipe()
    {
        var p = Protocols.Named("C'", new(ImageNet, 1000, 10));
        Assert.Equal((LabelKind.Teacher, 300, 100, 20.0, false), (p.Labels, p.Epochs, p.BatchSize, p.Temperature, p.ScalesWithTemperature));
        Assert.Equal("shift=0,flip=1,area=0.5,patches=2,mix=cutmix,p=1,alpha=1", p.Augmentation.ToString());
        Assert.Equal([250, 260, 270, 280, 290, 300], Enumerable.Range(1, 300).Where(p.IsEvaluated));
        Assert.Equal(0.5e-3, p.RateAt(300), 9); // ends at half of the rate
        Assert.Equal([10, 50, 100], new[] { 1, 10, 50 }.Select(n => Protocols.Named("rded", new(Fashion, 10, n)).BatchSize));
        Assert.Equal([1e-3, 2.5e-3, 2e-3, 1e-4, 1e-4], new[] { "resnet50", "mobilenet_v2", "efficientnet_b0", "swin_t", "vit_b_16" }.Select(s => p.With(Student.Named(s)).LearningRate));
        Assert.Equal(ConvNetNorm.Batch, Protocols.Named("C'", new(Fashion, 10, 1)).Student.Norm);
        var unified = Protocols.Named("unified", new(ImageNet, 1000, 10));
        Assert.Equal((400, 50, StudentOptimizer.Adam, 1e-3, 1.0, 2.0), (unified.Epochs, unified.BatchSize, unified.Optimizer, unified.LearningRate, unified.CosineStretch, unified.With(Student.Named("resnet50")).CosineStretch));
    }

    [Fact]
    public void Named_UnknownProtocolsAndStudents_AreRefused()
    {
        Assert.Contains("unified", Assert.Throws<UsageException>(() => Protocols.Named("D", new(Fashion, 10, 10))).Message, StringComparison.Ordinal);
        Assert.Equal(("ConvNet-4 w32", "ConvNet-3 w128", "resnet18"), (Student.Named("convnet4-w32").ToString(), Student.Named("convnet3").ToString(), Student.Named("resnet18").ToString()));
        foreach (var name in new[] { "convnet", "convnet9", "convnet3-w0", "convnet3-w8-w8", "vgg" }) Assert.Throws<UsageException>(() => Student.Named(name));
        var protocol = Protocols.Named("A", new(Fashion, 10, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => protocol with { Epochs = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => protocol with { BatchSize = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => protocol with { Evaluations = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => protocol with { LearningRate = double.NaN });
    }
}

using Ddoq.Distilled;
using Ddoq.Foundations;

namespace Ddoq.Tests.Distilled;

/// <summary>What stored forms keep of a label, and that nothing more is lost when they are written and read.</summary>
public sealed class LabelStorageTests
{
    [Fact]
    public void TopK_ByHand_KeepsTheLargestAndTheProbabilityOfTheRest()
    {
        Half[] logits = [(Half)1, (Half)5, (Half)(-2), (Half)3];
        var labels = Labels(logits, 1, 1, 4, new LabelStorage(2));
        var tail = (float)(Half)Math.Log((Math.E + Math.Exp(-2)) / 2);
        Assert.Equal([tail, 5, tail, 3], labels.View(0, 0).ToArray().Select(h => (float)h));
        Assert.Equal(3 * 2 + 2, labels.StoredBytes); // two logits and the one of the rest, two indices
        var (before, after) = (Softmax([1, 5, -2, 3]), Softmax([.. labels.View(0, 0).ToArray().Select(h => (double)h)]));
        Assert.Equal(before[1], after[1], 1e-3);
        Assert.Equal(before[0] + before[2], after[0] + after[2], 1e-3);
    }

    [Fact]
    public void EightBits_EveryLogit_IsWithinHalfAStep()
    {
        var draw = new SeedSequence(1).Stream("bits");
        var original = Enumerable.Range(0, 30).Select(_ => (Half)(4 * draw.NextGaussian())).ToArray();
        var labels = Labels([.. original], 3, 1, 10, new LabelStorage(0, 8));
        for (var i = 0; i < 3; i++)
        {
            var view = original.AsSpan(i * 10, 10).ToArray();
            var step = ((double)view.Max() - (double)view.Min()) / 255;
            foreach (var (a, b) in view.Zip(labels.View(i, 0).ToArray())) Assert.InRange(Math.Abs((double)a - (double)b), 0, step / 2 + 0.004);
        }
        Assert.Equal(3 * (10 + 4), labels.StoredBytes);
    }

    [Theory]
    [InlineData(0, 16, 3)]
    [InlineData(0, 8, 3)]
    [InlineData(2, 16, 3)]
    [InlineData(1, 8, 3)]
    [InlineData(3, 8, 3)]
    [InlineData(5, 16, 300)]
    [InlineData(5, 8, 300)]
    public void WriteAndRead_EveryForm_GivesTheSameLogitsAndBytes(int topK, int bits, int classes)
    {
        using var folder = new TemporaryFolder();
        var set = SampleSets.Create(names: [.. Enumerable.Range(0, classes).Select(c => $"class {c:D3}")]);
        var draw = new SeedSequence(2).Stream("labels");
        var logits = Enumerable.Range(0, set.Count * 4 * classes).Select(_ => (Half)(30 + 7 * draw.NextGaussian())).ToArray();
        var labels = Labels(logits, set.Count, 4, classes, new LabelStorage(topK, bits));
        set.WithSoftLabels(labels).Save(folder["a"]);
        var read = DistilledSet.Load(folder["a"]);
        Assert.Equal(labels.Logits.ToArray(), read.SoftLabels!.Logits.ToArray());
        Assert.Equal(labels.Storage, read.SoftLabels.Storage);
        read.Save(folder["b"]);
        Assert.Equal(File.ReadAllBytes(folder["a/targets.safetensors"]), File.ReadAllBytes(folder["b/targets.safetensors"]));
        Assert.Empty(DistilledSetVerifier.Verify(folder["a"]));
    }

    [Fact]
    public void Require_FormsThatDoNotFit_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new LabelStorage(4).Require(3));
        Assert.Throws<ArgumentException>(() => new LabelStorage(0, 4).Require(3));
        Assert.Throws<ArgumentException>(() => new LabelStorage(1).Require(70_000));
    }

    private static SoftLabels Labels(Half[] logits, int count, int views, int classes, LabelStorage storage) => new(logits, count, views, classes, storage) { TeacherName = "t", TeacherHash = "h" };

    private static double[] Softmax(double[] x)
    {
        var e = x.Select(Math.Exp).ToArray();
        return [.. e.Select(v => v / e.Sum())];
    }
}

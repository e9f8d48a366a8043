using Ddoq.Augmentations;
using Ddoq.Datasets;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Training;

public sealed class ImageBatchesTests
{
    private static readonly InMemoryDataset Data = new("ramp", ["a", "b"], new ImageShape(2, 3, 4), [.. Enumerable.Range(0, 5 * 24).Select(i => (byte)(2 * i))], [0, 1, 1, 0, 1]);
    private static readonly PixelNormalization Normalization = new([0.5f, 0.25f], [0.5f, 0.125f]);

    [Fact]
    public void Plain_Rows_AreNormalisedPerChannelInOrder()
    {
        using var scope = NewDisposeScope();
        var batches = new ImageBatches(Data, Normalization);
        var x = batches.Plain([3, 0]);
        Assert.Equal([2, 2, 3, 4], x.shape);
        Assert.Equal((2 * (3 * 24 + 5) / 255f - 0.5f) / 0.5f, x[0, 0, 1, 1].item<float>(), 1e-6f);
        Assert.Equal((2 * (12 + 11) / 255f - 0.25f) / 0.125f, x[1, 1, 2, 3].item<float>(), 1e-6f);
        Assert.Equal([0L, 0L], batches.Labels([3, 0]).data<long>().ToArray());
    }

    // The host buffer is reused: an earlier batch must not change under a later one.
    [Fact]
    public void Plain_SecondBatch_LeavesTheFirstAlone()
    {
        using var scope = NewDisposeScope();
        var batches = new ImageBatches(Data, Normalization);
        var first = batches.Plain([0, 1]);
        var before = first.ToFloats();
        batches.Plain([2, 4]);
        Assert.Equal(before, first.ToFloats());
    }

    [Fact]
    public void Views_SameSeedEpochAndRow_AreTheSameInAnyBatch()
    {
        using var scope = NewDisposeScope();
        var batches = new ImageBatches(Data, Normalization);
        var augmentation = new Augmentation { Shift = 1 };
        var together = batches.Views([4, 2, 0], augmentation, 7, 3);
        Agreement.RequireSameBits(batches.Views([2], augmentation, 7, 3)[0], together[1]);
        var epochs = Enumerable.Range(0, 20).Select(e => Convert.ToHexString(batches.Views([2], augmentation, 7, e).bytes)).Distinct().Count();
        Assert.InRange(epochs, 5, 18); // 3 x 3 shifts, two flips
    }
}

using Ddoq.Neural.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Evaluation;

/// <summary>Top-1 accuracy of a classifier on real images.</summary>
public static class Accuracy
{
    private const int Batch = 100;

    /// <summary>Share of images whose largest logit is their label, in [0, 1].</summary>
    public static double Of(nn.Module<Tensor, Tensor> classifier, ImageBatches test, CancellationToken cancel = default)
    {
        using var quiet = no_grad();
        var training = classifier.training;
        classifier.eval();
        var share = Of(classifier.call, test, cancel);
        classifier.train(training);
        return share;
    }

    /// <summary>Share of images whose largest logit is their label, in [0, 1].</summary>
    /// <param name="classify">Images N x C x H x W to logits N x L.</param>
    /// <param name="test">Images and labels.</param>
    /// <param name="cancel">Checked once per batch.</param>
    public static double Of(Func<Tensor, Tensor> classify, ImageBatches test, CancellationToken cancel = default)
    {
        long right = 0;
        foreach (var rows in Enumerable.Range(0, test.Dataset.Count).Chunk(Batch))
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            right += classify(test.Plain(rows)).argmax(1).eq(test.Labels(rows)).sum().item<long>();
        }
        return right / (double)test.Dataset.Count;
    }
}

using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.Classifiers;

/// <summary>The parts that several classifiers are made of.</summary>
internal static class Blocks
{
    /// <summary>Modules numbered from 0, as a plain sequence in PyTorch is.</summary>
    public static Sequential Numbered(params nn.Module<Tensor, Tensor>[] modules) => nn.Sequential(modules.Select((m, i) => ($"{i}", m)).ToArray());

    /// <summary>Size-keeping convolution without bias (of stride <paramref name="stride"/>), batch norm, activation if any: entries "0", "1".</summary>
    public static Sequential Normed(long inputs, long outputs, int kernel, int stride, int groups, nn.Module<Tensor, Tensor>? activation)
    {
        var convolution = new Convolution(inputs, outputs, kernel, new ConvolutionGeometry(stride, kernel / 2, Groups: groups), bias: false);
        return activation is null ? Numbered(convolution, new BatchNorm(outputs)) : Numbered(convolution, new BatchNorm(outputs), activation);
    }

    /// <summary>The two layers of a transformer block, four times as wide between, numbered as torchvision does with its dropouts: entries "0" and "3".</summary>
    public static Sequential FeedForward(long width) => Numbered(nn.Linear(width, 4 * width), nn.GELU(), nn.Identity(), nn.Linear(4 * width, width), nn.Identity());

    /// <summary>Mean over all pixels: N x C x H x W to N x C.</summary>
    public static Tensor MeanOverPixels(Tensor x) => x.mean([2, 3]);
}

/// <summary>
/// Zeroes with probability p in training and scales what is kept by 1/(1-p): single values (dropout; Srivastava et al. 2014),
/// or all values of an image at once (stochastic depth of a residual branch; Huang et al. 2016).
/// </summary>
/// <param name="probability">p, in [0, 1).</param>
/// <param name="draws">Where the draws come from, on the CPU; one for all layers of a network.</param>
/// <param name="images">Whether images are dropped whole.</param>
internal sealed class Drop(double probability, Generator draws, bool images) : nn.Module<Tensor, Tensor>(nameof(Drop))
{
    public override Tensor forward(Tensor input)
    {
        if (!training || probability == 0) return input.alias();
        using var scope = NewDisposeScope();
        long[] shape = images ? [input.shape[0], .. Enumerable.Repeat(1L, (int)input.dim() - 1)] : input.shape;
        var kept = rand(shape, device: CPU, generator: draws).IsAtLeast(probability).to(input.dtype).to(input.device);
        return (input * kept).Over(1 - probability).MoveToOuterDisposeScope();
    }
}

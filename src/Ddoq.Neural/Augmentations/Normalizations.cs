using Ddoq.Augmentations;
using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Augmentations;

/// <summary>Pixel normalization of tensors, N x C x H x W.</summary>
internal static class Normalizations
{
    /// <summary>Images in [0, 1] to normalised ones.</summary>
    public static Tensor Normalise(this PixelNormalization normalization, Tensor images)
    {
        using var scope = NewDisposeScope();
        return ((images - PerChannel(normalization.Mean)) / PerChannel(normalization.Std)).MoveToOuterDisposeScope();
    }

    /// <summary>Normalised images to [0, 1].</summary>
    public static Tensor Undo(this PixelNormalization normalization, Tensor images)
    {
        using var scope = NewDisposeScope();
        return (images * PerChannel(normalization.Std)).Plus(PerChannel(normalization.Mean)).MoveToOuterDisposeScope();
    }

    /// <summary>Images under one normalization as they are under this one: the very tensor where both are the same.</summary>
    public static Tensor Renormalise(this PixelNormalization target, Tensor images, PixelNormalization source)
    {
        if (target.Mean.SequenceEqual(source.Mean) && target.Std.SequenceEqual(source.Std)) return images;
        using var scope = NewDisposeScope();
        return target.Normalise(source.Undo(images)).MoveToOuterDisposeScope();
    }

    private static Tensor PerChannel(IReadOnlyList<float> values) => tensor(values.ToArray(), [1, values.Count, 1, 1]);
}

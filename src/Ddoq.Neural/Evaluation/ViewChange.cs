using Ddoq.Augmentations;
using Ddoq.Foundations;
using Ddoq.Neural.Augmentations;
using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Evaluation;

/// <summary>What hard-label recipes do to views beyond crop, shift and flip: siamese augmentation, or changes of colour. All draws follow from (seed, epoch, row), the operation of a step from its first row.</summary>
internal sealed class ViewChange(StudentProtocol protocol, PixelNormalization normalization, ulong seed)
{
    // Principal components of ImageNet's colours on the scale [0, 1] (Krizhevsky et al. 2012, as every later code has them): standard deviations, and directions as columns.
    private static readonly float[] ColourDeviations = [0.2175f, 0.0188f, 0.0045f];
    private static readonly float[] ColourDirections = [-0.5675f, 0.7192f, 0.4009f, -0.5808f, -0.0045f, -0.8140f, -0.5836f, -0.6948f, 0.4203f];

    private readonly SeedSequence _seeds = new(seed);

    /// <summary>Whether it changes nothing.</summary>
    public bool IsNone => protocol is { Siamese.Count: 0, ColourJitter: 0, Lighting: 0 };

    /// <summary>Changes the views of <paramref name="rows"/> in one step.</summary>
    /// <param name="views">B x C x H x W, normalised.</param>
    /// <param name="rows">Their rows.</param>
    /// <param name="epoch">Epoch.</param>
    /// <param name="step">Names the step within the epoch.</param>
    public Tensor Apply(Tensor views, int[] rows, int epoch, int step)
    {
        using var scope = NewDisposeScope();
        if (protocol.Siamese.Count > 0)
        {
            var operation = protocol.Siamese[_seeds.Stream("siamese", epoch, step).Next(protocol.Siamese.Count)];
            views = Siamese(operation, views, Draws("siamese-images", rows, epoch, 3));
        }
        if (protocol.ColourJitter > 0 || protocol.Lighting > 0) views = Colours(views, rows, epoch);
        return views.MoveToOuterDisposeScope();
    }

    private static Tensor Siamese(string operation, Tensor x, Tensor[] u) => operation switch
    {
        "color" => SiameseAugmentation.Contrasted(SiameseAugmentation.Saturated(SiameseAugmentation.Brightened(x, u[0]), u[1]), u[2]),
        "crop" => SiameseAugmentation.Cropped(x, u[0], u[1]),
        "cutout" => SiameseAugmentation.CutOut(x, u[0], u[1]),
        "flip" => SiameseAugmentation.Flipped(x, u[0]),
        "scale" => SiameseAugmentation.Scaled(x, u[0], u[1]),
        "rotate" => SiameseAugmentation.Rotated(x, u[0]),
        _ => throw new UsageException($"siamese operation '{operation}' is unknown: expected color, crop, cutout, flip, scale or rotate."),
    };

    // n uniform numbers per row.
    private Tensor[] Draws(string name, int[] rows, int epoch, int count)
    {
        var draws = Enumerable.Range(0, count).Select(_ => new float[rows.Length]).ToArray();
        for (var b = 0; b < rows.Length; b++)
        {
            var stream = _seeds.Stream(name, epoch, rows[b]);
            foreach (var draw in draws) draw[b] = (float)stream.NextDouble();
        }
        return [.. draws.Select(d => tensor(d))];
    }

    // Both are defined on colours; grey images stay as they are.
    private Tensor Colours(Tensor views, int[] rows, int epoch)
    {
        if (views.shape[1] != 3) return views.alias();
        var images = normalization.Undo(views).unbind(0);
        for (var b = 0; b < images.Length; b++)
        {
            var stream = _seeds.Stream("colours", epoch, rows[b]);
            images[b] = Lit(Jittered(images[b], ref stream), ref stream);
        }
        return normalization.Normalise(stack(images));
    }

    private Tensor Jittered(Tensor image, ref SplitMix stream)
    {
        foreach (var operation in stream.Permutation(3))
        {
            var factor = 1 + protocol.ColourJitter * (2 * stream.NextDouble() - 1);
            image = operation switch
            {
                0 => ColourJitter.Brightness(image, factor),
                1 => ColourJitter.Contrast(image, factor),
                _ => ColourJitter.Saturation(image, factor),
            };
        }
        return image;
    }

    private Tensor Lit(Tensor image, ref SplitMix stream)
    {
        var shift = new float[3];
        for (var component = 0; component < 3; component++)
        {
            var amount = (float)(protocol.Lighting * stream.NextGaussian()) * ColourDeviations[component];
            for (var c = 0; c < 3; c++) shift[c] += ColourDirections[3 * c + component] * amount;
        }
        return image.Plus(tensor(shift, [3, 1, 1]));
    }
}

using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Augmentations;

/// <summary>
/// The operations of differentiable siamese augmentation (Zhao and Bilen 2021), each from random numbers in [0, 1) that the caller draws: one per image, or one for all
/// where real and synthetic images must be changed alike. N x C x H x W to the same; gradients pass through.
/// </summary>
public static class SiameseAugmentation
{
    /// <summary>Largest change of each operation, as published.</summary>
    public const double Flip = 0.5, Scale = 1.2, RotateDegrees = 15, Shift = 0.125, Cutout = 0.5, Brightness = 1, Saturation = 2, Contrast = 0.5;

    /// <summary>Stretches rows and columns by factors in [1/1.2, 1.2) of the sampling grid; outside is 0.</summary>
    public static Tensor Scaled(Tensor x, Tensor u1, Tensor u2)
    {
        using var scope = NewDisposeScope();
        Tensor Factor(Tensor u) => u.Times(Scale - 1 / Scale).Plus(1 / Scale);
        var (across, down, zero) = (Factor(u1), Factor(u2), zeros_like(u1));
        return Warped(x, across, zero, zero, down).MoveToOuterDisposeScope();
    }

    /// <summary>Turns by up to 15 degrees either way; outside is 0.</summary>
    public static Tensor Rotated(Tensor x, Tensor u)
    {
        using var scope = NewDisposeScope();
        var angle = u.Minus(0.5).Times(2).Times(RotateDegrees).Over(180).Times(MathF.PI);
        return Warped(x, angle.cos(), (-angle).sin(), angle.sin(), angle.cos()).MoveToOuterDisposeScope();
    }

    /// <summary>Mirrors left to right where u is below one half.</summary>
    public static Tensor Flipped(Tensor x, Tensor u)
    {
        using var scope = NewDisposeScope();
        return where(PerImage(u).IsBelow(Flip), x.flip(3), x).MoveToOuterDisposeScope();
    }

    /// <summary>Adds u - 1/2.</summary>
    public static Tensor Brightened(Tensor x, Tensor u)
    {
        using var scope = NewDisposeScope();
        return x.Plus(PerImage(u).Minus(0.5).Times(Brightness)).MoveToOuterDisposeScope();
    }

    /// <summary>Scales what differs from the mean of the channels by 2u.</summary>
    public static Tensor Saturated(Tensor x, Tensor u)
    {
        using var scope = NewDisposeScope();
        var mean = x.mean([1], keepdim: true);
        return ((x - mean) * PerImage(u).Times(Saturation)).Plus(mean).MoveToOuterDisposeScope();
    }

    /// <summary>Scales what differs from the mean of the image by u + 1/2.</summary>
    public static Tensor Contrasted(Tensor x, Tensor u)
    {
        using var scope = NewDisposeScope();
        var mean = x.mean([1, 2, 3], keepdim: true);
        return ((x - mean) * PerImage(u).Plus(Contrast)).Plus(mean).MoveToOuterDisposeScope();
    }

    /// <summary>Shifts by up to an eighth of each side; uncovered pixels are 0.</summary>
    public static Tensor Cropped(Tensor x, Tensor u1, Tensor u2)
    {
        using var scope = NewDisposeScope();
        long n = x.shape[0], height = x.shape[2], width = x.shape[3];
        Tensor From(long side, Tensor u) // N x side: rows of the padded image
        {
            var most = (long)(side * Shift + 0.5);
            return Places(side).Plus(Whole(u, -most, most + 1).unsqueeze(1)).Plus(1).Bounded(0, side + 1);
        }
        var padded = nn.functional.pad(x, [1, 1, 1, 1]);
        var rows = From(height, u1).view(-1, 1, height, 1).expand(n, x.shape[1], height, width + 2);
        var columns = From(width, u2).view(-1, 1, 1, width).expand(n, x.shape[1], height, width);
        return padded.gather(2, rows).gather(3, columns).MoveToOuterDisposeScope();
    }

    /// <summary>Puts a black square of half the side somewhere, perhaps partly outside.</summary>
    public static Tensor CutOut(Tensor x, Tensor u1, Tensor u2)
    {
        using var scope = NewDisposeScope();
        Tensor Inside(long side, Tensor u) // N x side: whether covered
        {
            var size = (long)(side * Cutout + 0.5);
            // Positions beyond an edge are drawn to it, so the edge is covered too.
            var first = Whole(u, 0, side + (1 - size % 2)).unsqueeze(1).Minus(size / 2);
            var (low, high) = (first.Bounded(0, side - 1), first.Plus(size).Minus(1).Bounded(0, side - 1));
            return Places(side).ge(low).logical_and(Places(side).le(high));
        }
        var covered = Inside(x.shape[2], u1).unsqueeze(2).logical_and(Inside(x.shape[3], u2).unsqueeze(1));
        return (x * covered.logical_not().unsqueeze(1)).MoveToOuterDisposeScope();
    }

    // least + floor(u (end - least))
    private static Tensor Whole(Tensor u, long least, long end) => u.Times(end - least).floor().to(ScalarType.Int64).Plus(least);

    // 1 x side
    private static Tensor Places(long side) => TensorArithmetic.CountUp(side, ScalarType.Int64).unsqueeze(0);

    private static Tensor PerImage(Tensor u) => u.view(-1, 1, 1, 1);

    private static Tensor Warped(Tensor x, Tensor a, Tensor b, Tensor c, Tensor d)
    {
        var zero = zeros_like(a);
        var theta = stack([stack([a, b, zero], 1), stack([c, d, zero], 1)], 1).expand(x.shape[0], -1, -1);
        return nn.functional.grid_sample(x, nn.functional.affine_grid(theta, x.shape, align_corners: false), mode: GridSampleMode.Bilinear, padding_mode: GridSamplePaddingMode.Zeros, align_corners: false);
    }
}

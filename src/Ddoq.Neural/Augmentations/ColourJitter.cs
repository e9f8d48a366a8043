using Ddoq.Neural.Networks;
using static TorchSharp.torch;

namespace Ddoq.Neural.Augmentations;

/// <summary>
/// Changes of colour on float images in [0, 1], as torchvision makes them: N x 3 x H x W or 3 x H x W to the same, bounded to [0, 1].
/// A factor of 1 changes nothing.
/// </summary>
public static class ColourJitter
{
    /// <summary>Weights of red, green and blue in the luminance (ITU-R 601-2).</summary>
    private static readonly double[] Luminance = [0.2989, 0.587, 0.114];

    /// <summary>factor x.</summary>
    public static Tensor Brightness(Tensor images, double factor) => images.Times(factor).Bounded(0, 1);

    /// <summary>Blends with the mean luminance of each image.</summary>
    public static Tensor Contrast(Tensor images, double factor)
    {
        using var scope = NewDisposeScope();
        return Blend(images, Grey(images).mean([-3, -2, -1], keepdim: true), factor).MoveToOuterDisposeScope();
    }

    /// <summary>Blends with the luminance of each pixel.</summary>
    public static Tensor Saturation(Tensor images, double factor)
    {
        using var scope = NewDisposeScope();
        return Blend(images, Grey(images), factor).MoveToOuterDisposeScope();
    }

    /// <summary>Luminance: one channel.</summary>
    public static Tensor Grey(Tensor images)
    {
        using var scope = NewDisposeScope();
        var c = images.unbind(-3);
        return c[0].Times(Luminance[0]).Plus(c[1].Times(Luminance[1])).Plus(c[2].Times(Luminance[2])).unsqueeze(-3).MoveToOuterDisposeScope();
    }

    /// <summary>Turns the hue by a share of the circle, in [-0.5, 0.5].</summary>
    public static Tensor Hue(Tensor images, double turn)
    {
        using var scope = NewDisposeScope();
        var (hue, saturation, value) = ToHsv(images);
        return FromHsv(hue.Plus(turn).Modulo(1), saturation, value).MoveToOuterDisposeScope();
    }

    private static Tensor Blend(Tensor images, Tensor other, double factor) => images.Times(factor).Plus(other.Times(1 - factor)).Bounded(0, 1);

    // Hexcone model (Smith 1978); hue in turns.
    private static (Tensor Hue, Tensor Saturation, Tensor Value) ToHsv(Tensor images)
    {
        var c = images.unbind(-3);
        var (red, green, blue) = (c[0], c[1], c[2]);
        var (largest, smallest) = (maximum(maximum(red, green), blue), minimum(minimum(red, green), blue));
        var range = largest - smallest;
        var flat = range.IsEqualTo(0);
        var divisor = where(flat, ones_like(range), range);
        var saturation = range / where(flat, ones_like(largest), largest);
        Tensor Down(Tensor channel) => (largest - channel) / divisor;
        var fromRed = Down(blue) - Down(green);
        var fromGreen = Down(red).Plus(2) - Down(blue);
        var fromBlue = Down(green).Plus(4) - Down(red);
        var hue = where(largest.eq(red), fromRed, where(largest.eq(green), fromGreen, fromBlue));
        return (hue.Over(6).Plus(1).Modulo(1), saturation, largest);
    }

    private static Tensor FromHsv(Tensor hue, Tensor saturation, Tensor value)
    {
        var sixths = hue.Times(6);
        // Each channel rises and falls over four of six sextants, shifted by a third of the circle.
        Tensor Channel(double shift)
        {
            var k = sixths.Plus(shift).Modulo(6);
            return value - value * saturation * minimum(k, k.SubtractedFrom(4)).Bounded(0, 1);
        }
        return stack([Channel(5), Channel(3), Channel(1)], -3);
    }
}

using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary>A ConvNet halves its images once per layer: they must have something to halve.</summary>
internal static class ConvNetRoom
{
    /// <exception cref="BadInputException">The images are too small for that many layers.</exception>
    public static void Require(ImageShape images, int depth)
    {
        var least = 1 << depth;
        if (Math.Min(images.Height, images.Width) < least)
            throw new BadInputException($"images of {images} are too small for a ConvNet of {depth} layers, which needs sides of at least {least} pixels. Give larger images, or pass --image-size {least} or more.");
    }
}

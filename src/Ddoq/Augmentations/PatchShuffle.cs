using Ddoq.Datasets;

namespace Ddoq.Augmentations;

/// <summary>The patches of an image in another order.</summary>
internal static class PatchShuffle
{
    /// <summary>Puts patch order[i] at place i of a square grid; rows and columns that do not fill a patch stay.</summary>
    public static byte[] Apply(ReadOnlySpan<byte> image, ImageShape shape, IReadOnlyList<int> order)
    {
        var side = (int)Math.Round(Math.Sqrt(order.Count));
        var (height, width) = (shape.Height / side, shape.Width / side);
        var result = image.ToArray();
        for (var place = 0; place < order.Count; place++)
            for (var row = 0; row < shape.Channels * height; row++)
            {
                int At(int patch) => (row / height * shape.Height + patch / side * height + row % height) * shape.Width + patch % side * width;
                image.Slice(At(order[place]), width).CopyTo(result.AsSpan(At(place)));
            }
        return result;
    }
}

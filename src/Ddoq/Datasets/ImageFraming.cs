using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>Brings images to the shape that the options ask for: channels first, then size.</summary>
internal static class ImageFraming
{
    /// <summary>The shape that images stored as <paramref name="stored"/> get.</summary>
    public static ImageShape Target(ImageShape stored, DatasetOptions options) => new(
        options.Channels ?? stored.Channels, options.ImageSize ?? stored.Height, options.ImageSize ?? stored.Width);

    /// <summary>Resizes and crops one image to the target's size; its channels fit already.</summary>
    public static byte[] Frame(byte[] pixels, ImageShape shape, ImageShape target, ResizeFilter filter, string where)
    {
        if (shape == target) return pixels;
        var (shorter, longer) = (Math.Min(shape.Height, shape.Width), Math.Max(shape.Height, shape.Width));
        if ((double)target.Height * longer / shorter * target.Height > ImageCodec.MaximumPixels)
            throw new BadInputException($"image '{where}' is {shape.Width}x{shape.Height}: too long and thin to be resized to a short side of {target.Height}. Crop or remove it.");
        return PillowResize.ShortSideThenCentreCrop(pixels, shape, target.Height, filter);
    }

    /// <summary>The data set in the shape that the options ask for; itself if it has that shape.</summary>
    public static IImageDataset Apply(InMemoryDataset dataset, DatasetOptions options, CancellationToken cancellation)
    {
        var target = Target(dataset.Shape, options);
        if (target == dataset.Shape) return dataset;
        if ((long)dataset.Count * target.Size > Array.MaxLength)
            throw new BadInputException($"'{dataset.Name}' at {target} needs {(long)dataset.Count * target.Size} bytes; at most {Array.MaxLength} are held. Choose a smaller --image-size.");
        var pixels = GC.AllocateUninitializedArray<byte>(dataset.Count * target.Size);
        OrderedParallel.For(dataset.Count, options.Threads, cancellation, i => Framed(dataset, i, target, options).CopyTo(pixels, i * target.Size));
        return new InMemoryDataset(dataset.Name, dataset.ClassNames, target, pixels, dataset.Labels.ToArray());
    }

    private static byte[] Framed(InMemoryDataset dataset, int index, ImageShape target, DatasetOptions options)
    {
        var stored = new byte[dataset.Shape.Size];
        dataset.Read(index, stored);
        var shape = dataset.Shape with { Channels = target.Channels };
        return Frame(ToChannels(stored, dataset.Shape, target.Channels), shape, target, options.Filter, $"{dataset.Name}, row {index}");
    }

    private static byte[] ToChannels(byte[] pixels, ImageShape shape, int channels)
    {
        if (channels == shape.Channels) return pixels;
        return channels == 3 ? [.. pixels, .. pixels, .. pixels] : Luma.Of(pixels, shape.Height * shape.Width);
    }
}

/// <summary>Grey from RGB: ITU-R 601-2 in 16-bit fixed point, Pillow's <c>convert("L")</c>. Equal channels give themselves exactly.</summary>
internal static class Luma
{
    public static byte Of(byte red, byte green, byte blue) => (byte)((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16);

    public static byte[] Of(ReadOnlySpan<byte> planes, int area)
    {
        var grey = new byte[area];
        for (var i = 0; i < area; i++) grey[i] = Of(planes[i], planes[area + i], planes[2 * area + i]);
        return grey;
    }
}

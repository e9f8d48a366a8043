using System.Globalization;
using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>
/// Reads IDX files, the format of MNIST and its kin: images of unsigned bytes, N x H x W or N x H x W x C with C 1 or 3, and labels, N.
/// Plain or gzip. Lengths must fit exactly. Memory: the pixels once (twice for four dimensions).
/// </summary>
public static class IdxReader
{
    /// <summary>Reads images and labels as one data set; classes are named by number unless <paramref name="classNames"/> is given.</summary>
    /// <exception cref="BadInputException">A file is unreadable, truncated or too long, the counts differ, or a label has no class name.</exception>
    public static InMemoryDataset ReadPair(string name, string imagesPath, string labelsPath, IReadOnlyList<string>? classNames = null) =>
        Combine(name, Images(imagesPath), Labels(labelsPath), classNames);

    /// <summary>Reads images: their shape and pixels, N x C x H x W.</summary>
    /// <exception cref="BadInputException">The file is unreadable, truncated, too long, or holds no images.</exception>
    public static (ImageShape Shape, byte[] Pixels) ReadImages(string path) => Unpack(Images(path));

    /// <summary>Reads labels, one byte each, 0 to 255.</summary>
    /// <exception cref="BadInputException">The file is unreadable, truncated, too long, or holds no labels.</exception>
    public static int[] ReadLabels(string path) => Widen(Labels(path).Body);

    internal static IdxFile Images(string path) => IdxFile.Read(path, 3, 4, "images");

    internal static IdxFile Labels(string path) => IdxFile.Read(path, 1, 1, "labels");

    internal static InMemoryDataset Combine(string name, IdxFile images, IdxFile labelFile, IReadOnlyList<string>? classNames)
    {
        if (images.Sizes[0] != labelFile.Sizes[0])
            throw new BadInputException($"'{images.Path}' holds {images.Sizes[0]} images, but '{labelFile.Path}' {labelFile.Sizes[0]} labels. Give the two files of one set.");
        var labels = Widen(labelFile.Body);
        var names = classNames ?? Numbered(labels.Max() + 1);
        var wrong = Array.FindIndex(labels, l => l >= names.Count);
        if (wrong >= 0)
            throw new BadInputException($"label {labels[wrong]} at row {wrong} of '{labelFile.Path}' is outside [0, {names.Count}): there are {names.Count} class names. Check the labels.");
        var (shape, pixels) = Unpack(images);
        return new InMemoryDataset(name, names, shape, pixels, labels);
    }

    private static string[] Numbered(int count) =>
        [.. Enumerable.Range(0, count).Select(i => i.ToString(CultureInfo.InvariantCulture))];

    private static int[] Widen(byte[] labels) => Array.ConvertAll(labels, b => (int)b);

    private static (ImageShape Shape, byte[] Pixels) Unpack(IdxFile file)
    {
        var sizes = file.Sizes;
        if (sizes.Length == 3) return (new ImageShape(1, sizes[1], sizes[2]), file.Body);
        if (sizes[3] is not (1 or 3))
            throw new BadInputException($"IDX file '{file.Path}' has sizes {string.Join('x', sizes)}; four dimensions are N x H x W x C with 1 or 3 channels, found {sizes[3]}. Convert it.");
        var shape = new ImageShape(sizes[3], sizes[1], sizes[2]);
        return (shape, shape.Channels == 1 ? file.Body : ChannelsFirst(file.Body, sizes[0], shape));
    }

    private static byte[] ChannelsFirst(byte[] pixels, int count, ImageShape shape)
    {
        var planes = GC.AllocateUninitializedArray<byte>(pixels.Length);
        var area = shape.Height * shape.Width;
        for (var n = 0; n < count; n++)
            for (var i = 0; i < area; i++)
                for (var c = 0; c < shape.Channels; c++)
                    planes[(n * shape.Channels + c) * area + i] = pixels[(n * area + i) * shape.Channels + c];
        return planes;
    }
}

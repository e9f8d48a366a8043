using System.Buffers.Binary;
using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Cli.Tests.Commands;

/// <summary>Small real files: grey images of lying and standing bars, which anything can tell apart, as class folders of PNG or as IDX.</summary>
internal static class TinyImages
{
    public const int Side = 16;
    public static readonly string[] Classes = ["lying", "standing"];

    public static readonly ImageShape Shape = new(1, Side, Side);

    /// <summary>One image: a bright bar of three pixels at a random place over a little noise.</summary>
    public static byte[] Draw(int label, int index, int side = Side)
    {
        var draws = new SeedSequence(7).Stream("tiny", label, index);
        var at = 2 + draws.Next(side - 6);
        var image = new byte[side * side];
        for (var y = 0; y < side; y++)
            for (var x = 0; x < side; x++)
                image[y * side + x] = (byte)(((label == 0 ? y : x) - at) is >= 0 and < 3 ? 200 + draws.Next(40) : draws.Next(30));
        return image;
    }

    /// <summary>Writes ROOT/CLASS/NNN.png.</summary>
    public static void WriteFolders(string root, int perClass, int first = 0, params string[] classes)
    {
        foreach (var (label, name) in (classes.Length > 0 ? classes : Classes).Index())
        {
            Directory.CreateDirectory(Path.Combine(root, name));
            for (var i = 0; i < perClass; i++) WritePng(Path.Combine(root, name, $"{i:D3}.png"), Draw(label % 2, first + i), Shape);
        }
    }

    public static void WritePng(string path, byte[] pixels, ImageShape shape) => File.WriteAllBytes(path, ImageCodec.EncodePng(pixels, shape));

    /// <summary>Writes train-images-idx3-ubyte and train-labels-idx1-ubyte with numbered classes.</summary>
    public static void WriteIdx(string root, int perClass)
    {
        Directory.CreateDirectory(root);
        var rows = Enumerable.Range(0, 2 * perClass).ToArray();
        File.WriteAllBytes(Path.Combine(root, "train-images-idx3-ubyte"), [0, 0, 8, 3, .. Size(rows.Length), .. Size(Side), .. Size(Side), .. rows.SelectMany(r => Draw(r % 2, r / 2))]);
        File.WriteAllBytes(Path.Combine(root, "train-labels-idx1-ubyte"), [0, 0, 8, 1, .. Size(rows.Length), .. rows.Select(r => (byte)(r % 2))]);
    }

    private static byte[] Size(int size)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, size);
        return bytes;
    }
}

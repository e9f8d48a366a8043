using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Ddoq.Datasets;

/// <summary>
/// SHA-256 over shape, class names, labels and pixels in row order. It does not depend on how the data set is held:
/// in memory, on demand, or from another file format with the same pixels.
/// </summary>
internal static class DatasetFingerprint
{
    private const int Block = 256;

    public static string Of(IImageDataset dataset, ReadOnlySpan<byte> pixels)
    {
        using var hash = Start(dataset);
        hash.AppendData(pixels);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Reads every image, a block at a time on <paramref name="threads"/> threads, and hashes in order.</summary>
    public static string Of(IImageDataset dataset, int threads)
    {
        using var hash = Start(dataset);
        var size = dataset.Shape.Size;
        var block = new byte[Math.Min(Block, dataset.Count) * size];
        for (var start = 0; start < dataset.Count; start += Block)
        {
            var (first, count) = (start, Math.Min(Block, dataset.Count - start));
            OrderedParallel.For(count, threads, CancellationToken.None, i => dataset.Read(first + i, block.AsSpan(i * size, size)));
            hash.AppendData(block, 0, count * size);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IncrementalHash Start(IImageDataset dataset)
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{dataset.Shape}\n{string.Join('\n', dataset.ClassNames)}\n"));
        hash.AppendData(MemoryMarshal.AsBytes(dataset.Labels.Span));
        return hash;
    }
}

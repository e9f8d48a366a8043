using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Latents;

namespace Ddoq.Neural.Encoding;

/// <summary>The stage "encode": every image of a data set to a latent store.</summary>
public static class DatasetEncoding
{
    private const int Batch = 250;

    /// <summary>Encodes <paramref name="dataset"/> into a new store at <paramref name="path"/>.</summary>
    /// <param name="dataset">Images of the codec's shape.</param>
    /// <param name="codec">Encoder.</param>
    /// <param name="path">Folder that appears whole or not at all.</param>
    /// <param name="precision">Numbers on disk.</param>
    /// <param name="replace">Whether an older store may be replaced.</param>
    /// <param name="progress">Receives each batch.</param>
    /// <param name="cancel">Checked once per batch.</param>
    /// <exception cref="BadInputException">The images have another shape than the codec's.</exception>
    public static LatentStore Encode(IImageDataset dataset, ILatentCodec codec, string path, LatentPrecision precision = LatentPrecision.Float16,
        bool replace = false, IProgress<StageProgress>? progress = null, CancellationToken cancel = default)
    {
        if (dataset.Shape != codec.Image)
            throw new BadInputException($"data set '{dataset.Name}' has images of {dataset.Shape}, the {codec.Name} encoder takes {codec.Image}. Use --prior pca, which fits any shape, or a VAE trained on such images ('ddoq fit vae').");
        var description = new LatentStoreDescription
        {
            Shape = codec.Latent, Precision = precision, Encoder = codec.Name, EncoderSha256 = codec.Hash,
            Dataset = dataset.Name, DatasetFingerprint = dataset.Fingerprint, ClassNames = dataset.ClassNames,
        };
        using (var writer = LatentStoreWriter.Create(path, description, replace))
        {
            var done = 0;
            foreach (var rows in Enumerable.Range(0, dataset.Count).Chunk(Batch))
            {
                cancel.ThrowIfCancellationRequested();
                Append(dataset, codec, rows, writer);
                progress?.Report(new StageProgress("encode", done += rows.Length, dataset.Count, "images"));
            }
            writer.Finish();
        }
        return LatentStore.Open(path);
    }

    private static void Append(IImageDataset dataset, ILatentCodec codec, int[] rows, LatentStoreWriter writer)
    {
        var (size, d) = (dataset.Shape.Size, codec.Latent.Dimension);
        var (images, latents) = (new byte[rows.Length * size], new float[rows.Length * d]);
        for (var b = 0; b < rows.Length; b++) dataset.Read(rows[b], images.AsSpan(b * size, size));
        codec.Encode(images, latents);
        for (var b = 0; b < rows.Length; b++) writer.Append(dataset.Labels.Span[rows[b]], latents.AsSpan(b * d, d), [rows[b]]);
    }
}

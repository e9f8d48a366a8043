using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Runtime;

namespace Ddoq.Neural.Encoding;

/// <summary>The stage "encode": every image of a data set to a latent store.</summary>
public static class DatasetEncoding
{
    // A fixed batch and window: neither threads nor memory decide how images are grouped, so the bits never change.
    private const int Batch = 250, Window = 16;

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
            Shape = codec.Latent,
            Precision = precision,
            Encoder = codec.Name,
            EncoderSha256 = codec.Hash,
            Dataset = dataset.Name,
            DatasetFingerprint = dataset.Fingerprint,
            ClassNames = dataset.ClassNames,
        };
        using (var writer = LatentStoreWriter.Create(path, description, replace))
        {
            var done = 0;
            foreach (var window in Enumerable.Range(0, dataset.Count).Chunk(Batch).Chunk(Window))
            {
                var latents = new float[window.Length][];
                Workers.Run(window.Length, 0, w => latents[w] = EncodeRows(dataset, codec, window[w]), cancel);
                for (var w = 0; w < window.Length; w++) Append(dataset, window[w], latents[w], writer);
                progress?.Report(new StageProgress("encode", done += window.Sum(rows => rows.Length), dataset.Count, "images"));
            }
            writer.Finish();
        }
        return LatentStore.Open(path);
    }

    private static float[] EncodeRows(IImageDataset dataset, ILatentCodec codec, int[] rows)
    {
        var size = dataset.Shape.Size;
        var (images, latents) = (new byte[rows.Length * size], new float[rows.Length * codec.Latent.Dimension]);
        for (var b = 0; b < rows.Length; b++) dataset.Read(rows[b], images.AsSpan(b * size, size));
        codec.Encode(images, latents);
        return latents;
    }

    private static void Append(IImageDataset dataset, int[] rows, float[] latents, LatentStoreWriter writer)
    {
        var d = latents.Length / rows.Length;
        for (var b = 0; b < rows.Length; b++) writer.Append(dataset.Labels.Span[rows[b]], latents.AsSpan(b * d, d), [rows[b]]);
    }
}

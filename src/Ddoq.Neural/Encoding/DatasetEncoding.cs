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
    /// <param name="dataset">Images of the encoder's shape.</param>
    /// <param name="encoder">Encoder.</param>
    /// <param name="path">Folder that appears whole or not at all.</param>
    /// <param name="precision">Numbers on disk.</param>
    /// <param name="replace">Whether an older store may be replaced.</param>
    /// <param name="progress">Receives each batch.</param>
    /// <param name="cancel">Checked once per batch.</param>
    /// <exception cref="BadInputException">The images have another shape than the encoder's.</exception>
    public static LatentStore Encode(IImageDataset dataset, ILatentEncoder encoder, string path, LatentPrecision precision = LatentPrecision.Float16,
        bool replace = false, IProgress<StageProgress>? progress = null, CancellationToken cancel = default)
    {
        using (var writer = LatentStoreWriter.Create(path, Describe(dataset, encoder, precision), replace))
        {
            Append(dataset, encoder, writer, progress, cancel);
            writer.Finish();
        }
        return LatentStore.Open(path);
    }

    /// <summary>
    /// The same, but work that was cut off lies in <paramref name="path"/>.work and is continued; unfinished work on other images, by another encoder or in another precision
    /// is removed.
    /// </summary>
    /// <inheritdoc cref="Encode"/>
    public static LatentStore EncodeOrContinue(IImageDataset dataset, ILatentEncoder encoder, string path, LatentPrecision precision = LatentPrecision.Float16,
        bool replace = false, IProgress<StageProgress>? progress = null, CancellationToken cancel = default)
    {
        using (var writer = LatentStoreWriter.Continue(path, Describe(dataset, encoder, precision), replace, discardOther: true))
        {
            Append(dataset, encoder, writer, progress, cancel);
            writer.Finish();
        }
        return LatentStore.Open(path);
    }

    /// <summary>What a store of these images says about itself.</summary>
    /// <exception cref="BadInputException">The images have another shape than the encoder's.</exception>
    public static LatentStoreDescription Describe(IImageDataset dataset, ILatentEncoder encoder, LatentPrecision precision)
    {
        if (dataset.Shape != encoder.Image)
            throw new BadInputException($"data set '{dataset.Name}' has images of {dataset.Shape}, the {encoder.Name} encoder takes {encoder.Image}. Use --prior pca, which fits any shape, or a VAE trained on such images ('ddoq fit vae').");
        return new LatentStoreDescription
        {
            Shape = encoder.Latent,
            Precision = precision,
            Encoder = encoder.Name,
            EncoderSha256 = encoder.Hash,
            Dataset = dataset.Name,
            DatasetFingerprint = dataset.Fingerprint,
            ClassNames = dataset.ClassNames,
        };
    }

    /// <summary>
    /// Encodes the images whose latents the writer does not hold yet and appends them, so that the store ends with the same bits wherever an earlier run was cut off.
    /// Rows survive a kill window by window (4,000 images).
    /// </summary>
    /// <param name="dataset">Images of the encoder's shape.</param>
    /// <param name="encoder">Encoder.</param>
    /// <param name="writer">A store of these images, new or continued; the caller finishes it.</param>
    /// <param name="progress">Receives each window.</param>
    /// <param name="cancel">Checked once per batch.</param>
    /// <exception cref="BadInputException">The writer holds rows that such a run cannot have left, or a latent is not finite.</exception>
    public static void Append(IImageDataset dataset, ILatentEncoder encoder, LatentStoreWriter writer, IProgress<StageProgress>? progress = null, CancellationToken cancel = default)
    {
        var missing = MissingRows(dataset, writer);
        var done = dataset.Count - missing.Count(m => m);
        foreach (var window in Enumerable.Range(0, dataset.Count).Chunk(Batch).Where(rows => rows.Any(row => missing[row])).Chunk(Window))
        {
            var latents = new float[window.Length][];
            Workers.Run(window.Length, 0, w => latents[w] = EncodeRows(dataset, encoder, window[w]), cancel);
            for (var w = 0; w < window.Length; w++) done += AppendMissing(dataset, window[w], latents[w], missing, writer);
            writer.Flush();
            progress?.Report(new StageProgress("encode", done, dataset.Count, "images"));
        }
    }

    // Rows are appended in order, so a class misses all rows after those that it has.
    private static bool[] MissingRows(IImageDataset dataset, LatentStoreWriter writer)
    {
        var missing = new bool[dataset.Count];
        var stored = Enumerable.Range(0, dataset.ClassNames.Count).Select(writer.SourceIndices).ToArray();
        var seen = new int[stored.Length];
        for (var row = 0; row < missing.Length; row++)
        {
            var label = dataset.Labels.Span[row];
            missing[row] = seen[label] == stored[label].Length;
            if (!missing[row] && stored[label][seen[label]++] != row) throw Foreign(writer, label);
        }
        for (var label = 0; label < stored.Length; label++)
            if (seen[label] < stored[label].Length) throw Foreign(writer, label);
        return missing;
    }

    private static BadInputException Foreign(LatentStoreWriter writer, int label) =>
        new($"'{writer.Folder}': class {label} holds other rows than this data set would have given. Pass --force to encode from the start.");

    private static float[] EncodeRows(IImageDataset dataset, ILatentEncoder encoder, int[] rows)
    {
        var size = dataset.Shape.Size;
        var (images, latents) = (new byte[rows.Length * size], new float[rows.Length * encoder.Latent.Dimension]);
        for (var b = 0; b < rows.Length; b++) dataset.Read(rows[b], images.AsSpan(b * size, size));
        encoder.Encode(images, latents);
        return latents;
    }

    private static int AppendMissing(IImageDataset dataset, int[] rows, float[] latents, bool[] missing, LatentStoreWriter writer)
    {
        var (d, appended) = (latents.Length / rows.Length, 0);
        for (var b = 0; b < rows.Length; b++)
        {
            if (!missing[rows[b]]) continue;
            writer.Append(dataset.Labels.Span[rows[b]], latents.AsSpan(b * d, d), [rows[b]]);
            appended++;
        }
        return appended;
    }
}

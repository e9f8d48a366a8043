using Ddoq.Datasets;

namespace Ddoq.Neural.Encoding;

/// <summary>How faithful a codec is.</summary>
public static class Reconstruction
{
    private const int Batch = 250;

    /// <summary>Peak signal-to-noise ratio in dB: 10 log10(255^2 / mean squared error over all pixels of all images).</summary>
    public static double Psnr(ILatentCodec codec, IImageDataset dataset, CancellationToken cancel = default)
    {
        double squares = 0;
        var (size, dimension) = (codec.Image.Size, codec.Latent.Dimension);
        foreach (var rows in Enumerable.Range(0, dataset.Count).Chunk(Batch))
        {
            cancel.ThrowIfCancellationRequested();
            var images = new byte[rows.Length * size];
            for (var b = 0; b < rows.Length; b++) dataset.Read(rows[b], images.AsSpan(b * size, size));
            var (latents, decoded) = (new float[rows.Length * dimension], new byte[images.Length]);
            codec.Encode(images, latents);
            codec.Decode(latents, decoded);
            for (var p = 0; p < images.Length; p++) squares += (images[p] - decoded[p]) * (images[p] - decoded[p]);
        }
        return 10 * Math.Log10(255.0 * 255.0 * dataset.Count * size / squares);
    }
}

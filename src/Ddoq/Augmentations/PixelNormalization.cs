using Ddoq.Datasets;

namespace Ddoq.Augmentations;

/// <summary>Bytes to floats: (p/255 - mean) / std per channel.</summary>
/// <param name="Mean">Mean per channel of p/255.</param>
/// <param name="Std">Standard deviation per channel of p/255, above 0.</param>
public sealed record PixelNormalization(IReadOnlyList<float> Mean, IReadOnlyList<float> Std)
{
    /// <summary>Maps bytes to [-1, 1], as autoencoders here expect.</summary>
    public static PixelNormalization Symmetric(int channels) => new(Enumerable.Repeat(0.5f, channels).ToArray(), Enumerable.Repeat(0.5f, channels).ToArray());

    /// <summary>Statistics of a data set, from all of its pixels.</summary>
    public static PixelNormalization Of(IImageDataset dataset)
    {
        var shape = dataset.Shape;
        var plane = shape.Height * shape.Width;
        var histogram = new long[shape.Channels, 256];
        var image = new byte[shape.Size];
        for (var i = 0; i < dataset.Count; i++)
        {
            dataset.Read(i, image);
            for (var p = 0; p < image.Length; p++) histogram[p / plane, image[p]]++;
        }
        var channels = Enumerable.Range(0, shape.Channels).Select(c => Moments(histogram, c, (double)plane * dataset.Count)).ToArray();
        return new([.. channels.Select(m => m.Mean)], [.. channels.Select(m => m.Std)]);
    }

    /// <summary>The 256 values that a byte of <paramref name="channel"/> can become.</summary>
    public float[] Table(int channel) => [.. Enumerable.Range(0, 256).Select(p => (p / 255f - Mean[channel]) / Std[channel])];

    private static (float Mean, float Std) Moments(long[,] histogram, int channel, double pixels)
    {
        double sum = 0, squares = 0;
        for (var v = 0; v < 256; v++)
        {
            sum += histogram[channel, v] * (v / 255.0);
            squares += histogram[channel, v] * (v / 255.0) * (v / 255.0);
        }
        var mean = sum / pixels;
        var variance = Math.Max(squares / pixels - mean * mean, 1e-12); // a constant channel must not divide by zero
        return ((float)mean, (float)Math.Sqrt(variance));
    }
}

using Ddoq.Datasets;

namespace Ddoq.Cli.Commands.Fitting;

/// <summary>What an autoencoder is measured against: answering every image with the mean of the training images.</summary>
internal static class MeanImage
{
    /// <summary>Peak signal-to-noise ratio in dB of the mean of <paramref name="train"/> as an answer to each image of <paramref name="measured"/>.</summary>
    public static double Psnr(IImageDataset train, IImageDataset measured)
    {
        var mean = Of(train);
        var image = new byte[measured.Shape.Size];
        double squares = 0;
        for (var i = 0; i < measured.Count; i++)
        {
            measured.Read(i, image);
            for (var p = 0; p < image.Length; p++) squares += (image[p] - mean[p]) * (image[p] - mean[p]);
        }
        return 10 * Math.Log10(255.0 * 255.0 * measured.Count * image.Length / squares);
    }

    private static double[] Of(IImageDataset dataset)
    {
        var sums = new double[dataset.Shape.Size];
        var image = new byte[sums.Length];
        for (var i = 0; i < dataset.Count; i++)
        {
            dataset.Read(i, image);
            for (var p = 0; p < image.Length; p++) sums[p] += image[p];
        }
        return Array.ConvertAll(sums, s => s / dataset.Count);
    }
}

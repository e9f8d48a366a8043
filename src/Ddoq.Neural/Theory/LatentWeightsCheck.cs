using Ddoq.Datasets;
using Ddoq.Neural.Encoding;
using Ddoq.Quantization;
using Ddoq.Theory.Checks;

namespace Ddoq.Neural.Theory;

/// <summary>
/// T19: on latents of images, the points of k-means with the masses of their cells are nearer to the class in W2 than with equal weights (the paper reports 15.7 and 16.1 % on ImageNet's latents).
/// Images are drawn: strokes of which some are far more frequent than others, through the linear encoder.
/// </summary>
internal sealed class LatentWeightsCheck : ITheoryCheck
{
    private const int Images = 800, Side = 16, Dimension = 24;

    public string Id => "T19";

    public string Claim => "weights lower W2 on latents of images";

    public IEnumerable<CheckRow> Run(CheckContext context)
    {
        var shape = new ImageShape(1, Side, Side);
        var pixels = Enumerable.Range(0, Images).SelectMany(i => Stroke(context, i)).ToArray();
        var data = new InMemoryDataset("strokes", ["stroke"], shape, pixels, new int[Images]);
        using var codec = PcaCodec.Fit(data, Dimension);
        var latents = new float[Images * codec.Latent.Dimension];
        codec.Encode(pixels, latents);
        var samples = new SampleMatrix(latents, codec.Latent.Dimension);
        foreach (var count in new[] { 5, 10, 20 })
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var book = new LloydQuantizer(new QuantizerOptions { ImagesPerClass = count }, context.Threads).Fit(samples, context.Seeds, 0);
            var equal = Math.Sqrt(EqualWeightTransport.Cost(samples, book.Centroids, context.Threads));
            yield return this.AtLeast($"share of W2 that the masses take away, K={count}", 0.03, 1 - book.W2 / equal);
        }
    }

    // A bar at one of 16 places, the k-th drawn twice as often as the (k+2)-th, with some shift and noise.
    private static IEnumerable<byte> Stroke(CheckContext context, int index)
    {
        var draw = context.Seeds.Stream("theory/strokes", index);
        var kind = 0;
        while (kind < 15 && draw.NextDouble() > 0.3) kind++;
        var (lying, at, shift) = (kind % 2 == 0, kind / 2 * 2, draw.Next(2));
        for (var y = 0; y < Side; y++)
            for (var x = 0; x < Side; x++)
                yield return (byte)(((lying ? y : x) - at - shift) is >= 0 and < 2 ? 180 + draw.Next(60) : draw.Next(25));
    }
}

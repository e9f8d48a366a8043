using Ddoq.Augmentations;
using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Augmentations;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Adam = Ddoq.Neural.Training.Adam;

namespace Ddoq.Neural.Synthesis;

/// <summary>How latents are refined by <see cref="FeatureMatching"/>.</summary>
public sealed record MatchingOptions
{
    /// <summary>Steps, each with a new random network.</summary>
    public int Steps { get; init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(Steps), value, "at least 0"); }

    /// <summary>Step size of Adam in the latent space, whose deviation is about 1; it falls to zero along half a cosine.</summary>
    public double LearningRate { get; init => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(LearningRate), value, "above 0"); } = 0.02;

    /// <summary>Real images per class and step.</summary>
    public int RealImages { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(RealImages), value, "at least 1"); } = 32;

    /// <summary>Filters per layer of the random ConvNets.</summary>
    public int Width { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Width), value, "at least 1"); } = 32;
}

/// <summary>
/// Moves the latents of a distilled set so that, class by class, the weighted mean of their images' features in random networks comes close to the mean of the real images' features:
/// distribution matching (Zhao and Bilen 2023) in the latent space of a decoder, from the points and with the masses of the quantization.
/// </summary>
public sealed class FeatureMatching(IDifferentiableDecoder decoder, IImageDataset real, PixelNormalization normalization, MatchingOptions options, SeedSequence seeds)
{
    // As in distribution matching: one operation a step, the same draw for all images, so that real and distilled ones change alike.
    private static readonly Func<Tensor, Tensor, Tensor, Tensor>[] Siamese =
    [
        (x, u, _) => SiameseAugmentation.Brightened(x, u), (x, u, _) => SiameseAugmentation.Contrasted(x, u), SiameseAugmentation.Cropped, SiameseAugmentation.CutOut,
        (x, u, _) => SiameseAugmentation.Flipped(x, u), SiameseAugmentation.Scaled, (x, u, _) => SiameseAugmentation.Rotated(x, u),
    ];

    private readonly int[][] _rows = [.. Enumerable.Range(0, real.ClassNames.Count).Select(c => Enumerable.Range(0, real.Count).Where(i => real.Labels.Span[i] == c).ToArray())];
    private readonly ImageBatches _batches = new(real, normalization);

    /// <summary>Refines the latents of all classes.</summary>
    /// <param name="latents">P x D, class by class.</param>
    /// <param name="shape">Shape of z.</param>
    /// <param name="labels">Class of each, P, in class order.</param>
    /// <param name="weights">Weight of each in its class's mean, P.</param>
    /// <param name="progress">Receives each step.</param>
    /// <param name="cancel">Checked once per step.</param>
    /// <returns>P x D.</returns>
    /// <exception cref="WorkFailedException">The loss is no longer finite.</exception>
    public float[] Refine(float[] latents, LatentShape shape, IReadOnlyList<int> labels, IReadOnlyList<double> weights, IProgress<StageProgress>? progress = null, CancellationToken cancel = default)
    {
        using var outer = NewDisposeScope();
        var z = new Parameter(tensor(latents, [labels.Count, shape.Channels, shape.Height, shape.Width]));
        using var optimizer = new Adam([new([z])], options.LearningRate, decoupled: false);
        var averages = Averages(labels, weights);
        for (var step = 0; step < options.Steps; step++)
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            optimizer.Rate = options.LearningRate * 0.5 * (1 + Math.Cos(Math.PI * step / options.Steps));
            optimizer.ZeroGradients();
            var loss = Loss(z, averages, step);
            var value = loss.item<float>();
            if (!float.IsFinite(value)) throw new WorkFailedException($"feature matching: the loss became {value} in step {step + 1}. Lower its learning rate ({options.LearningRate}).");
            loss.backward();
            optimizer.Step();
            progress?.Report(new StageProgress("match", step + 1, options.Steps, "steps", $"loss {value:0.000}"));
        }
        return z.ToFloats();
    }

    // Sum over classes of |mean of real features - weighted mean of distilled features|^2.
    private Tensor Loss(Tensor z, Tensor averages, int step)
    {
        var stream = seeds.Stream("match-draws", step);
        using var network = new ConvNet(new ConvNetShape(real.Shape, real.ClassNames.Count, options.Width)).WithTorchDefaults(new SeedSequence(seeds.For("match-network", step)));
        foreach (var parameter in network.parameters()) parameter.requires_grad = false;
        var rows = _rows.SelectMany(of => Enumerable.Range(0, options.RealImages).Select(_ => of[stream.Next(of.Length)]).ToArray()).ToArray();
        var operation = Siamese[stream.Next(Siamese.Length)];
        var (u1, u2) = (tensor(new[] { (float)stream.NextDouble() }), tensor(new[] { (float)stream.NextDouble() }));
        Tensor target;
        using (no_grad()) target = network.Embed(operation(_batches.Plain(rows), u1, u2)).view(real.ClassNames.Count, options.RealImages, -1).mean([1L]);
        var images = normalization.Normalise(decoder.Decode(z).Times(0.5).Plus(0.5));
        var found = averages.mm(network.Embed(operation(images, u1, u2)));
        return (found - target).Squared().sum();
    }

    // L x P: each class's weights, sum one.
    private Tensor Averages(IReadOnlyList<int> labels, IReadOnlyList<double> weights)
    {
        var matrix = new float[real.ClassNames.Count * labels.Count];
        foreach (var rows in Enumerable.Range(0, labels.Count).GroupBy(i => labels[i]))
        {
            var sum = rows.Sum(i => weights[i]);
            foreach (var i in rows) matrix[rows.Key * labels.Count + i] = (float)(weights[i] / sum);
        }
        return tensor(matrix, [real.ClassNames.Count, labels.Count]);
    }
}

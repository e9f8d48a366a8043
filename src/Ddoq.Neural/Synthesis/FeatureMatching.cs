using Ddoq.Augmentations;
using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Augmentations;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Labelling;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Adam = Ddoq.Neural.Training.Adam;

namespace Ddoq.Neural.Synthesis;

/// <summary>Whose features <see cref="FeatureMatching"/> compares.</summary>
public enum MatchingNetworks
{
    /// <summary>A new random ConvNet in each step.</summary>
    Random,

    /// <summary>The teacher.</summary>
    Teacher,
}

/// <summary>How latents are refined by <see cref="FeatureMatching"/>.</summary>
public sealed record MatchingOptions
{
    /// <summary>Steps, each with a new random network.</summary>
    public int Steps { get; init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(Steps), value, "at least 0"); }

    /// <summary>Step size of Adam in the latent space, whose deviation is about 1; it falls to zero along half a cosine.</summary>
    public double LearningRate { get; init => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(LearningRate), value, "above 0"); } = 0.02;

    /// <summary>Real images per class and step.</summary>
    public int RealImages { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(RealImages), value, "at least 1"); } = 32;

    /// <summary>Whose features are compared.</summary>
    public MatchingNetworks Networks { get; init; } = MatchingNetworks.Random;

    /// <summary>1 for the mean of the features, 2 for their covariance too.</summary>
    public int Moments { get; init => field = value is 1 or 2 ? value : throw new ArgumentOutOfRangeException(nameof(Moments), value, "1 or 2"); } = 1;

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

    /// <summary>The teacher, where its features are compared; its network in evaluation.</summary>
    public Teacher? Teacher { get; init; }

    /// <summary>Added to the decoded images, or null.</summary>
    public CodecDetail? Detail { get; init; }

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
        var classes = Classes(labels, weights);
        var detail = Detail?.OnUnitScale(labels.Count, real.Shape.Channels, real.Shape.Height, real.Shape.Width);
        for (var step = 0; step < options.Steps; step++)
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            optimizer.Rate = options.LearningRate * 0.5 * (1 + Math.Cos(Math.PI * step / options.Steps));
            optimizer.ZeroGradients();
            var loss = Loss(z, detail, classes, step);
            var value = loss.item<float>();
            if (!float.IsFinite(value)) throw new WorkFailedException($"feature matching: the loss became {value} in step {step + 1}. Lower its learning rate ({options.LearningRate}).");
            loss.backward();
            optimizer.Step();
            progress?.Report(new StageProgress("match", step + 1, options.Steps, "steps", $"loss {value:0.000}"));
        }
        return z.ToFloats();
    }

    // Sum over classes of the distance between the real features' moments and those of the distilled images.
    private Tensor Loss(Tensor z, Tensor? detail, (Tensor Rows, Tensor Weights)[] classes, int step)
    {
        var stream = seeds.Stream("match-draws", step);
        var rows = _rows.SelectMany(of => Enumerable.Range(0, options.RealImages).Select(_ => of[stream.Next(of.Length)]).ToArray()).ToArray();
        var operation = Siamese[stream.Next(Siamese.Length)];
        var (u1, u2) = (tensor(new[] { (float)stream.NextDouble() }), tensor(new[] { (float)stream.NextDouble() }));
        using var random = options.Networks == MatchingNetworks.Random ? RandomNetwork(step) : null;
        Tensor Embed(Tensor views) => random?.Embed(views) ?? Teacher!.Network.Embed(Teacher.Normalization.Renormalise(views, normalization));
        Tensor target;
        using (no_grad()) target = Embed(operation(_batches.Plain(rows), u1, u2)).view(classes.Length, options.RealImages, -1);
        var images = decoder.Decode(z).Times(0.5).Plus(0.5);
        var found = Embed(operation(normalization.Normalise(detail is null ? images : images.Plus(detail)), u1, u2));
        var equal = tensor([.. Enumerable.Repeat(1f / options.RealImages, options.RealImages)], [options.RealImages, 1]);
        return stack(classes.Select((c, i) => MomentDistance.Of(target[i], equal, found.index_select(0, c.Rows), c.Weights, options.Moments))).sum();
    }

    private ConvNet RandomNetwork(int step)
    {
        var network = new ConvNet(new ConvNetShape(real.Shape, real.ClassNames.Count, options.Width)).WithTorchDefaults(new SeedSequence(seeds.For("match-network", step)));
        foreach (var parameter in network.parameters()) parameter.requires_grad = false;
        return network;
    }

    // Rows of each class's points, and their weights, sum one, P_c x 1.
    private static (Tensor Rows, Tensor Weights)[] Classes(IReadOnlyList<int> labels, IReadOnlyList<double> weights) =>
    [
        .. Enumerable.Range(0, labels.Count).GroupBy(i => labels[i]).OrderBy(g => g.Key).Select(of =>
        {
            var sum = of.Sum(i => weights[i]);
            return (tensor(of.Select(i => (long)i).ToArray()), tensor(of.Select(i => (float)(weights[i] / sum)).ToArray()).unsqueeze(1));
        }),
    ];
}

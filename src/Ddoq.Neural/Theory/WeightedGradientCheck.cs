using Ddoq.Neural.Networks;
using Ddoq.Quantization;
using Ddoq.Theory.Checks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Theory;

/// <summary>
/// T11: the gradient of a training loss is the mean of a smooth function of the images, so the weighted mean over the points approaches it as K grows; the mean with equal weights approaches
/// another number. Logistic regression on images that a tanh network decodes from two-dimensional latents of uneven density, at several parameters.
/// </summary>
internal sealed class WeightedGradientCheck : ITheoryCheck
{
    private const int Latent = 2, Image = 12, Samples = 20_000, Parameters = 5;
    private static readonly int[] Counts = [4, 16, 64, 256];

    public string Id => "T11";

    public string Claim => "the training gradient on a weighted set approaches the full gradient as K grows; with equal weights it does not";

    public IEnumerable<CheckRow> Run(CheckContext context)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var decoder = (0.6f * Normals(context, "decoder", Image, Latent));
        var weights = Enumerable.Range(0, Parameters).Select(p => Normals(context, $"theta{p}", Image, 1)).ToArray();
        var samples = Enumerable.Range(0, 2).Select(c => Latents(context, c)).ToArray();
        var full = Gradients(samples.Select(s => (s, ones(Samples) / Samples)), decoder, weights);
        var errors = new List<(double Weighted, double Equal)>();
        foreach (var count in Counts)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var books = samples.Select((s, c) => new LloydQuantizer(new QuantizerOptions { ImagesPerClass = count }, context.Threads).Fit(new SampleMatrix(s.ToFloats(), Latent), context.Seeds, c)).ToArray();
            double Error(Func<ClassCodebook, Tensor> masses) => Distance(Gradients(books.Select(b => (tensor(b.Centroids, [count, Latent]), masses(b))), decoder, weights), full);
            errors.Add((Error(b => tensor(b.Weights).to(ScalarType.Float32)), Error(_ => ones(count) / count)));
        }
        // K^(-2/d) = 1/K in two dimensions: four times the points, a quarter of the error.
        var slope = Math.Log(errors[^1].Weighted / errors[0].Weighted) / Math.Log((double)Counts[^1] / Counts[0]);
        yield return this.Near("weighted: slope of the error over K, in log-log", -1, slope, 0.3);
        for (var i = 0; i < Counts.Length; i++)
            yield return this.MoreThan($"error with equal over error with Voronoi masses, K={Counts[i]}", 1, errors[i].Equal / errors[i].Weighted);
        yield return this.AtLeast("equal weights: error at K=256 over that at K=16 (it stays)", 0.5, errors[3].Equal / errors[1].Equal);
    }

    // Nine tenths in one narrow lump, one tenth in a wide one.
    private static Tensor Latents(CheckContext context, int c)
    {
        var z = Normals(context, $"latents{c}", Samples, Latent);
        var few = Samples / 10;
        z[..few] *= 1.5f;
        z[few..] *= 0.4f;
        z[few..] += 1 - 2 * c;
        return z;
    }

    // d/dtheta of the mean logistic loss, class by class one half each: mean of (sigmoid(x theta) - y) x.
    private static Tensor[] Gradients(IEnumerable<(Tensor Latents, Tensor Masses)> classes, Tensor decoder, Tensor[] weights)
    {
        var parts = classes.Select(c => (Images: c.Latents.mm(decoder.t()).tanh(), c.Masses)).ToArray();
        return [.. weights.Select(theta => parts.Select((p, y) => 0.5f * ((p.Images.mm(theta).squeeze(1).sigmoid() - y) * p.Masses).unsqueeze(0).mm(p.Images)).Aggregate((a, b) => a + b))];
    }

    private static double Distance(Tensor[] found, Tensor[] expected) => Math.Sqrt(found.Zip(expected).Sum(p => (double)(p.First - p.Second).square().sum().item<float>()));

    private static Tensor Normals(CheckContext context, string name, int rows, int columns) => context.Normals($"gradients/{name}", rows, columns);
}

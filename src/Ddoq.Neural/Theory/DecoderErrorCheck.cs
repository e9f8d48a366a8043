using Ddoq.Neural.Networks;
using Ddoq.Quantization;
using Ddoq.Theory.Checks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Theory;

/// <summary>
/// T13: a decoder with Lipschitz constant L carries a quantization error to at most L times it: W2 between the decoded samples and the decoded points, and the error of every
/// 1-Lipschitz function. Decoders whose constant is known: an isometry (with equality), a linear map (its largest singular value), and a tanh network (the product of them).
/// </summary>
internal sealed class DecoderErrorCheck : ITheoryCheck
{
    private const int Latent = 4, Image = 24, Hidden = 16, Samples = 4000;

    public string Id => "T13";

    public string Claim => "a decoder with Lipschitz constant L carries a latent error to at most L times it";

    public IEnumerable<CheckRow> Run(CheckContext context)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var samples = Normals(context, "samples", Samples, Latent);
        samples[..(Samples / 3)] += 2; // two lumps
        var rows = new List<CheckRow>();
        foreach (var (name, constant, decode) in Decoders(context))
            foreach (var count in new[] { 4, 16, 64 })
            {
                context.Cancellation.ThrowIfCancellationRequested();
                var book = new LloydQuantizer(new QuantizerOptions { ImagesPerClass = count }, context.Threads).Fit(new SampleMatrix(samples.ToFloats(), Latent), context.Seeds, 0);
                var points = tensor(book.Centroids, [count, Latent]);
                rows.AddRange(Rows($"{name}, K={count}", constant, Math.Sqrt(book.Distortion), samples, points, tensor(book.Weights).to(ScalarType.Float32), decode, context));
            }
        return rows;
    }

    private IEnumerable<CheckRow> Rows(string what, double constant, double latentDistance, Tensor samples, Tensor points, Tensor weights, Func<Tensor, Tensor> decode, CheckContext context)
    {
        var (images, decoded) = (decode(samples), decode(points));
        var nearest = Squared(samples, points).argmin(1);
        // The plan that carries each sample to its own point is one of many, so W2 is at most its cost.
        var carried = Math.Sqrt((images - decoded.index_select(0, nearest)).square().sum(1).mean().item<float>());
        yield return this.AtMost($"{what}, decoded W2 (by the latent plan) against L W2", constant * latentDistance, carried, 1e-4 * constant);
        if (what.StartsWith("isometry", StringComparison.Ordinal)) yield return this.Near($"{what}, decoded W2 by the image plan: equality", latentDistance, Math.Sqrt(Squared(images, decoded).min(1).values.mean().item<float>()), 1e-3);
        for (var i = 0; i < 3; i++)
        {
            var place = Normals(context, $"place{i}", 1, Image);
            Tensor Distance(Tensor x) => (x - place).norm(1); // 1-Lipschitz
            var error = (Distance(images).mean() - (weights * Distance(decoded)).sum()).abs().item<float>();
            yield return this.AtMost($"{what}, error of the mean distance to place {i + 1} against L W2", constant * latentDistance, error, 1e-4 * constant);
        }
    }

    private static IEnumerable<(string Name, double Constant, Func<Tensor, Tensor> Decode)> Decoders(CheckContext context)
    {
        var wide = Normals(context, "wide", Image, Latent);
        var isometry = linalg.qr(wide).Q;
        yield return ("isometry", 1, z => z.mm(isometry.t()));
        yield return ("linear", Norm(wide), z => z.mm(wide.t()));
        var (inner, outer) = (Normals(context, "inner", Hidden, Latent), Normals(context, "outer", Image, Hidden));
        yield return ("tanh network", Norm(inner) * Norm(outer), z => z.mm(inner.t()).tanh().mm(outer.t()));
    }

    // Largest singular value.
    private static double Norm(Tensor matrix) => linalg.svdvals(matrix).max().item<float>();

    private static Tensor Squared(Tensor a, Tensor b) => (a.unsqueeze(1) - b.unsqueeze(0)).square().sum(2);

    private static Tensor Normals(CheckContext context, string name, int rows, int columns) => context.Normals($"decoder/{name}", rows, columns);
}

using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Synthesis;

namespace Ddoq.Neural.Tests.Synthesis;

public sealed class BestOfDrawsTests
{
    private static readonly LatentShape Shape = new(2, 1, 1);
    private static readonly ClassLabel Label = new(0, "a");

    [Fact]
    public void Refine_SeveralDraws_KeepsTheClosestOfEachPoint()
    {
        float[] centroids = [0, 0, 3, -1, 5, 5];
        var inner = new Shaken();
        var single = Enumerable.Range(0, 20).Select(d => inner.Refine(centroids, Shape, Label, d == 0 ? new SeedSequence(4) : new SeedSequence(new SeedSequence(4).For("draw", d)))).ToArray();
        var best = new BestOfDraws(inner, 20, (_, points, refined) => BestOfDraws.SquaredDistances(points, refined, 2)).Refine(centroids, Shape, Label, new SeedSequence(4));
        for (var k = 0; k < 3; k++)
        {
            var closest = single.MinBy(s => BestOfDraws.SquaredDistances(centroids, s, 2)[k])!;
            Assert.Equal(closest.AsSpan(2 * k, 2).ToArray(), best.AsSpan(2 * k, 2).ToArray());
        }
        Assert.Equal(single[0], new BestOfDraws(inner, 1, (_, points, refined) => BestOfDraws.SquaredDistances(points, refined, 2)).Refine(centroids, Shape, Label, new SeedSequence(4)));
    }

    private sealed class Shaken : IPrior
    {
        public string Name => "shaken";

        public string Hash => "";

        public string EncoderHash => "";

        public float[] Refine(ReadOnlySpan<float> centroids, LatentShape shape, ClassLabel label, SeedSequence seeds, CancellationToken cancel = default)
        {
            var refined = centroids.ToArray();
            for (var i = 0; i < refined.Length; i++) refined[i] += (float)seeds.Stream("shake", i / 2, i % 2).NextGaussian();
            return refined;
        }
    }
}

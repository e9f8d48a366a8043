using Ddoq.Augmentations;
using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Synthesis;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Synthesis;

/// <summary>Latents that are the pixels themselves, so that what matching does can be seen in the images.</summary>
public sealed class FeatureMatchingTests
{
    private static readonly PixelNormalization Normalization = new([0.35f], [0.25f]);

    [Fact]
    public void Refine_StartsOfNoise_MoveTowardsTheClassesTheyBelongTo()
    {
        var images = SmallSets.Images(90, seed: 3);
        var draw = new SeedSequence(1).Stream("start");
        var start = Enumerable.Range(0, 6 * 64).Select(_ => (float)(0.2 * draw.NextGaussian() - 0.3)).ToArray();
        var matching = new FeatureMatching(new PixelsAsLatents(), images, Normalization, new MatchingOptions { Steps = 60, LearningRate = 0.05, RealImages = 16, Width = 16 }, new SeedSequence(2));
        int[] labels = [0, 0, 1, 1, 2, 2];
        var progress = new Recorder();
        var refined = matching.Refine(start, new LatentShape(1, 8, 8), labels, [1, 1, 1, 1, 1, 1], progress);
        // Class a has lying stripes, class b standing ones: variation along columns against rows.
        double Lying(int image) => Variation(refined, image, rows: true) - Variation(refined, image, rows: false);
        Assert.True(Lying(0) + Lying(1) > Lying(2) + Lying(3), $"{Lying(0)} {Lying(1)} {Lying(2)} {Lying(3)}");
        Assert.Equal(60, progress.Reports.Count);
        Assert.Equal(refined, matching.Refine(start, new LatentShape(1, 8, 8), labels, [1, 1, 1, 1, 1, 1])); // from the seed alone
        Assert.Equal(start, new FeatureMatching(new PixelsAsLatents(), images, Normalization, new MatchingOptions(), new SeedSequence(2)).Refine(start, new LatentShape(1, 8, 8), labels, [1, 1, 1, 1, 1, 1]));
    }

    // A point of weight zero has no part in the mean, so nothing moves it.
    [Fact]
    public void Refine_PointWithoutWeight_StaysWhereItIs()
    {
        var start = new float[2 * 64];
        var images = SmallSets.Images(30);
        var one = new Ddoq.Datasets.InMemoryDataset("one", ["a"], images.Shape, images.Pixels[..(10 * 64)].ToArray(), new int[10]);
        var matching = new FeatureMatching(new PixelsAsLatents(), one, Normalization, new MatchingOptions { Steps = 3, RealImages = 4, Width = 8 }, new SeedSequence(2));
        var refined = matching.Refine(start, new LatentShape(1, 8, 8), [0, 0], [1, 0]);
        Assert.NotEqual(start[..64], refined[..64]);
        Assert.Equal(start[64..], refined[64..]);
    }

    private static double Variation(float[] images, int image, bool rows)
    {
        var (sum, at) = (0.0, image * 64);
        for (var y = 0; y < 7; y++)
            for (var x = 0; x < 7; x++) sum += Math.Abs(images[at + 8 * y + x] - images[at + (rows ? 8 * (y + 1) + x : 8 * y + x + 1)]);
        return sum;
    }

    private sealed class PixelsAsLatents : IDifferentiableDecoder
    {
        public Tensor Decode(Tensor latents) => latents.tanh();
    }
}

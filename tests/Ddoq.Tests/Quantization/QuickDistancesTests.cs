using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed class QuickDistancesTests
{
    private const int Dimension = 430;

    [Theory]
    [InlineData(16)]
    [InlineData(48)]
    [InlineData(784)]
    [InlineData(5008)]
    public void SquaredDistance_OfWholeNumbers_IsExact(int length)
    {
        var random = new SplitMix(2);
        short[] Numbers() => [.. Enumerable.Range(0, length).Select(_ => (short)(random.Next(2 * FixedPointRows.Largest + 1) - FixedPointRows.Largest))];
        var (x, c) = (Numbers(), Numbers());
        Assert.Equal(x.Zip(c, (a, b) => (long)(a - b) * (a - b)).Sum(), DistanceKernel.SquaredDistance(x, c));
    }

    [Fact]
    public void SquaredDistance_OfLargestNumbers_DoesNotOverflow()
    {
        var x = Enumerable.Repeat((short)FixedPointRows.Largest, 4096).ToArray();
        Assert.Equal(4096L * 4 * FixedPointRows.Largest * FixedPointRows.Largest, DistanceKernel.SquaredDistance(x, Array.ConvertAll(x, v => (short)-v)));
    }

    // Centroids beyond the samples are cut off: their bounds are wide, but bounds.
    [Theory]
    [InlineData(1f, 0f, 1)]
    [InlineData(1e-30f, 0f, 1)]
    [InlineData(1e10f, 0f, 1)]
    [InlineData(1f, 1e4f, 1)]
    [InlineData(1f, 0f, 3)]
    [InlineData(1f, 0f, 1e20)]
    public void Bounds_AnyScaleAndOffset_HoldTheDistance(float scale, float offset, double stretch)
    {
        var samples = Normal(v => scale * v + offset);
        var centred = new CentredSamples(samples, 2);
        var centroids = Array.ConvertAll(samples.Values[..(6 * Dimension)].ToArray(), v => offset + stretch * 1.01 * (v - offset));
        Check(new FixedPointDistances(centred.InFixedPoint!, new MovedPoints(centroids, centred.Shift), 6), 0.04); // twice two errors of step sqrt(D / 12)
        Check(new FloatDistances(centred, centroids), 1e-3);

        void Check(QuickDistances distances, double width)
        {
            distances.Take(_ => true);
            for (var i = 0; i < samples.Count; i += 40)
                for (var k = 0; k < 6; k++)
                {
                    var distance = Math.Sqrt(DistanceKernel.SquaredDistance(samples.Row(i), centroids.AsSpan(k * Dimension, Dimension)));
                    var (lower, upper) = distances.Bounds(i, k, []);
                    Assert.InRange(distance, lower, upper);
                    if (stretch == 1 && offset == 0) Assert.InRange(upper - lower, 0, width * scale + 1e-21);
                }
        }
    }

    [Fact]
    public void InFixedPoint_FewFarLargerValuesOrAllEqualOrTooSmall_IsNotMade()
    {
        Assert.Null(new CentredSamples(Normal(v => v > 4.5f ? 1e4f : v), 1).InFixedPoint);
        Assert.Null(new CentredSamples(Normal(_ => 3), 1).InFixedPoint);
        Assert.Null(new CentredSamples(Normal(v => v * 1e-42f), 1).InFixedPoint);
    }

    [Fact]
    public void Run_InFixedPoint_FindsTheLabelsOfTheExhaustiveSearch()
    {
        var samples = Normal(v => v);
        var random = new SplitMix(4);
        var (quick, plain) = (new NearestSearch(new CentredSamples(samples, 2), BoundKind.Sketch), new NearestSearch(new CentredSamples(samples, 2), BoundKind.None));
        Assert.NotNull(quick.Samples.InFixedPoint);
        var centroids = Array.ConvertAll(samples.Values[..(20 * Dimension)].ToArray(), v => (double)v);
        for (var step = 0; step < 4; step++)
        {
            quick.Run(centroids);
            plain.Run(centroids);
            Assert.Equal(plain.Labels, quick.Labels);
            for (var j = 0; j < centroids.Length; j++) centroids[j] = 0.8 * centroids[j] + 0.02 * random.NextGaussian();
        }
    }

    // Standard normal samples, mapped.
    private static SampleMatrix Normal(Func<float, float> map)
    {
        var random = new SplitMix(1);
        return new SampleMatrix(Enumerable.Range(0, 2_000 * Dimension).Select(_ => map((float)random.NextGaussian())).ToArray(), Dimension);
    }
}

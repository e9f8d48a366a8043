using CsCheck;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed class VoronoiAssignmentTests
{
    [Fact]
    public void Of_AnySamples_EqualsTheNaiveSearch() => Draws.Small.Sample(t =>
    {
        var (samples, k) = t;
        var centroids = samples.Values[..(k * samples.Dimension)];
        var found = VoronoiAssignment.Of(samples, centroids);
        var total = 0.0;
        for (var i = 0; i < samples.Count; i++)
        {
            var (nearest, least) = Naive(samples, centroids.Span, i);
            Assert.Equal(nearest, found.Labels[i]);
            Assert.Equal(least, found.SquaredDistances[i]);
            total += least;
        }
        Assert.Equal(total / samples.Count, found.Distortion, 1e-12);
        Assert.Equal(samples.Count, found.Counts.ToArray().Sum());
    });

    [Fact]
    public void Of_TiedCentroids_TakesTheLowestIndex()
    {
        var found = VoronoiAssignment.Of(new SampleMatrix(new float[] { 0, 2, 1 }, 1), new float[] { 2, 0, 0, 2 });
        Assert.Equal([1, 0, 0], found.Labels.ToArray());
    }

    [Fact]
    public void Of_WeightedSamples_ByHand()
    {
        // Samples 0, 1 (mass 3), 4 with centroids 0 and 4: distances 0, 1, 0; mean (0 + 3*1 + 0) / 5.
        var found = VoronoiAssignment.Of(new SampleMatrix(new float[] { 0, 1, 4 }, 1, new double[] { 1, 3, 1 }), new float[] { 0, 4 });
        Assert.Equal(0.6, found.Distortion, 1e-15);
        Assert.Equal([4.0, 1.0], found.Masses.ToArray());
        Assert.Equal([2, 1], found.Counts.ToArray());
    }

    [Fact]
    public void Of_MoreThreads_HasTheSameBits()
    {
        var samples = Draws.Blobs(2000, 37, 6);
        var centroids = samples.Values[..(9 * 37)];
        var one = VoronoiAssignment.Of(samples, centroids, threads: 1);
        foreach (var threads in new[] { 2, 3, 7 })
        {
            var many = VoronoiAssignment.Of(samples, centroids, threads);
            Assert.Equal(one.Labels.ToArray(), many.Labels.ToArray());
            Assert.Equal(one.SquaredDistances.ToArray(), many.SquaredDistances.ToArray());
            Assert.Equal(one.Distortion, many.Distortion);
        }
    }

    [Fact]
    public void Of_SamplesInOtherOrder_ChangesNothingButTheOrder()
    {
        var samples = Draws.Blobs(300, 5, 4);
        var order = new Ddoq.Foundations.SplitMix(3).Permutation(300);
        var one = VoronoiAssignment.Of(samples, samples.Values[..20]);
        var other = VoronoiAssignment.Of(samples.Select(order), samples.Values[..20]);
        for (var i = 0; i < 300; i++) Assert.Equal(one.Labels[order[i]], other.Labels[i]);
        Assert.Equal(one.Counts.ToArray(), other.Counts.ToArray());
        Assert.Equal(one.Distortion, other.Distortion, 1e-12);
    }

    [Fact]
    public void Of_NoWholeNumberOfCentroids_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => VoronoiAssignment.Of(Draws.Blobs(5, 2, 1), new float[3]));
        Assert.Throws<ArgumentException>(() => VoronoiAssignment.Of(Draws.Blobs(5, 2, 1), new float[0]));
    }

    private static (int, double) Naive(SampleMatrix samples, ReadOnlySpan<float> centroids, int row)
    {
        var (nearest, least) = (0, double.PositiveInfinity);
        for (var k = 0; k < centroids.Length / samples.Dimension; k++)
        {
            var sum = 0.0;
            for (var j = 0; j < samples.Dimension; j++) sum += Math.Pow(samples.Row(row)[j] - centroids[k * samples.Dimension + j], 2);
            if (sum < least) (nearest, least) = (k, sum);
        }
        return (nearest, least);
    }
}

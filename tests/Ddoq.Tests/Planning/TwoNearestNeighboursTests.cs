using Ddoq.Planning;
using Ddoq.Quantization;
using Ddoq.Tests.Quantization;

namespace Ddoq.Tests.Planning;

public sealed class TwoNearestNeighboursTests
{
    // One estimate has a standard error of about 1.2 d / sqrt(N), 4 % here, the mean of six 1.6 %; edges of the cube take another 6 % in five dimensions.
    [Theory]
    [InlineData(1, 0.05)]
    [InlineData(2, 0.05)]
    [InlineData(5, 0.11)]
    public void Estimate_CubesInR50_MeanIsTheirDimension(int d, double tolerance) =>
        Assert.Equal(d, Enumerable.Range(1, 6).Average(seed => TwoNearestNeighbours.Estimate(Manifolds.Cube(1000, d, (ulong)seed).Embedded(50))!.Value), d * tolerance);

    [Fact]
    public void Estimate_SwissRoll_IsTwo() => Assert.Equal(2, TwoNearestNeighbours.Estimate(Manifolds.SwissRoll(2000))!.Value, 0.12);

    [Fact]
    public void Estimate_GaussianInTen_IsNearTen() => Assert.InRange(TwoNearestNeighbours.Estimate(Draws.Blobs(2000, 10, 1))!.Value, 8.5, 11);

    [Fact]
    public void Estimate_ScaledAndShifted_Stays()
    {
        var samples = Manifolds.Cube(300, 3);
        Assert.Equal(TwoNearestNeighbours.Estimate(samples)!.Value, TwoNearestNeighbours.Estimate(samples.Map(v => 16 * v))!.Value, 1e-12); // a power of two rounds nothing
        Assert.Equal(TwoNearestNeighbours.Estimate(samples)!.Value, TwoNearestNeighbours.Estimate(samples.Map(v => 3 * v + 1))!.Value, 0.01);
    }

    [Fact]
    public void Estimate_RepeatedSamples_CountOnce()
    {
        var samples = Manifolds.Cube(200, 2);
        var rows = Enumerable.Range(0, 200).Concat(Enumerable.Range(0, 50)).Concat(Enumerable.Range(0, 50)).ToArray();
        Assert.Equal(TwoNearestNeighbours.Estimate(samples), TwoNearestNeighbours.Estimate(samples.Select(rows)));
    }

    [Fact]
    public void Estimate_FewDifferentSamples_IsNothing()
    {
        Assert.Null(TwoNearestNeighbours.Estimate(new SampleMatrix(new float[400], 2)));
        Assert.Null(TwoNearestNeighbours.Estimate(Manifolds.Cube(19, 2)));
        Assert.NotNull(TwoNearestNeighbours.Estimate(Manifolds.Cube(20, 2)));
    }

    [Fact]
    public void Estimate_Lattice_IsNothing() =>
        Assert.Null(TwoNearestNeighbours.Estimate(new SampleMatrix(Enumerable.Range(0, 100).SelectMany(i => new float[] { i % 10, i / 10 }).ToArray(), 2)));

    [Fact]
    public void Estimate_AnyThreads_SameBits()
    {
        var samples = Manifolds.Cube(500, 3).Embedded(17);
        Assert.Equal(TwoNearestNeighbours.Estimate(samples), TwoNearestNeighbours.Estimate(samples, 3));
    }

    [Fact]
    public void Estimate_PointsOnALine_AsByHand()
    {
        // Gaps grow by 1, so that point i has neighbours at the gaps before and after it: x_i = i (i + 1) / 2, d1 = i, d2 = i + 1 (from the third on), and 3/1, 2/1 for the first two.
        var line = new SampleMatrix(Enumerable.Range(0, 20).Select(i => i * (i + 1) / 2f).ToArray(), 1);
        var ratios = new[] { 3.0, 2.0 }.Concat(Enumerable.Range(2, 17).Select(i => (i + 1.0) / i)).Append((18 + 19.0) / 19).Order().ToArray();
        double xy = 0, xx = 0;
        for (var i = 0; i < 18; i++)
        {
            var x = Math.Log(ratios[i]);
            xy -= x * Math.Log(1 - (i + 1) / 20.0);
            xx += x * x;
        }
        Assert.Equal(xy / xx, TwoNearestNeighbours.Estimate(line)!.Value, 1e-6);
    }
}

using CsCheck;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed class GridSumsTests
{
    [Theory]
    [InlineData(40)]
    [InlineData(300)]
    public void Update_ManyChanges_HasTheSameBitsForAnyThreads(int dimension)
    {
        var random = new SplitMix(6);
        var samples = new SampleMatrix(Enumerable.Range(0, 9000 * dimension).Select(_ => (float)random.NextGaussian()).ToArray(), dimension, Enumerable.Range(0, 9000).Select(i => 1.0 + i % 7 / 3.0).ToArray());
        var sums = new[] { 1, 2, 3 }.Select(threads => new GridSums(new CentredSamples(samples, threads), 7)).ToArray();
        for (var step = 0; step < 3; step++)
        {
            int[] labels = [.. Enumerable.Range(0, 9000).Select(_ => (int)(random.NextDouble() * 7))];
            foreach (var sum in sums) sum.Update(labels);
            foreach (var sum in sums)
            {
                Assert.Equal(sums[0].Sums, sum.Sums);
                Assert.Equal(sums[0].Masses, sum.Masses);
            }
        }
    }

    [Fact]
    public void Update_ManyMoves_LeavesTheBitsOfAFreshSum() => Gen.Select(Gen.Int[1, 60], Gen.Int[1, 5], Gen.Int[0, 1 << 20]).Sample(t =>
    {
        var (count, cells, seed) = t;
        var random = new SplitMix((ulong)seed);
        var values = Enumerable.Range(0, count * 9).Select(_ => (float)(random.NextGaussian() * Math.Pow(10, random.NextDouble() * 8 - 4))).ToArray();
        var samples = new CentredSamples(new SampleMatrix(values, 9, Enumerable.Range(0, count).Select(_ => random.NextDouble() + 0.1).ToArray()), 1);
        var moved = new GridSums(samples, cells);
        var labels = new int[count];
        for (var round = 0; round < 20; round++)
        {
            for (var i = 0; i < count; i++) labels[i] = (int)(random.NextDouble() * cells);
            moved.Update(labels);
        }
        var fresh = new GridSums(samples, cells);
        fresh.Update(labels);
        Assert.Equal(fresh.Sums, moved.Sums);
        Assert.Equal(fresh.Masses, moved.Masses);
        Assert.Equal(fresh.Counts, moved.Counts);
    });

    [Fact]
    public void Mean_OfSamplesInAnyOrder_HasTheSameBitsAndIsAccurate()
    {
        var random = new SplitMix(4);
        var rows = Enumerable.Range(0, 5000).Select(_ => new[] { (float)random.NextGaussian(), (float)(1e-3 * random.NextGaussian()), (float)(100 + random.NextGaussian()) }).ToArray();
        var (a, b) = (Mean(rows), Mean([.. rows.Reverse()]));
        Assert.Equal(a, b);
        for (var j = 0; j < 3; j++) Assert.Equal(rows.Average(r => (double)r[j]), a[j], 1e-9 * (1 + Math.Abs(a[j])));
    }

    private static double[] Mean(float[][] rows)
    {
        var sums = new GridSums(new CentredSamples(new SampleMatrix(rows.SelectMany(r => r).ToArray(), 3), 1), 1);
        sums.Update(new int[rows.Length]);
        var mean = new double[3];
        sums.Mean(0, mean);
        return mean;
    }
}

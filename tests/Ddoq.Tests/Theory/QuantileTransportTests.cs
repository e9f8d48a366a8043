using CsCheck;
using Ddoq.Quantization;
using Ddoq.Theory;

namespace Ddoq.Tests.Theory;

public sealed class QuantileTransportTests
{
    [Fact]
    public void SquaredDistance_TwoNormals_IsTheClosedForm() => Gen.Select(Gen.Double[-3, 3], Gen.Double[0.3, 3], Gen.Double[-3, 3], Gen.Double[0.3, 3]).Sample((m, s, n, t) =>
        Assert.Equal((m - n) * (m - n) + (s - t) * (s - t), QuantileTransport.SquaredDistance(new NormalDistribution(m, s), new NormalDistribution(n, t)), 1e-8), iter: 20);

    [Fact]
    public void SquaredDistance_OnePoint_IsTheSecondMoment() =>
        Assert.Equal(4 + 0.25, QuantileTransport.SquaredDistance(new NormalDistribution(1, 2), [1.5], [1]), 1e-12);

    [Fact]
    public void SquaredDistance_DiscreteMeasures_EqualsLinearProgramming() =>
        Gen.Select(Gen.Select(Gen.Double[-5, 5], Gen.Int[1, 9]).Array[1, 8], Gen.Select(Gen.Double[-5, 5], Gen.Int[1, 9]).Array[1, 6]).Sample((a, b) =>
        {
            var (x, y) = (a.Select(p => p.Item1).ToArray(), b.Select(p => p.Item1).ToArray());
            var (v, w) = (Normalised(a.Select(p => p.Item2)), Normalised(b.Select(p => p.Item2)));
            var costs = x.SelectMany(p => y.Select(q => (p - q) * (p - q))).ToArray();
            Assert.Equal(TransportProblem.Cost(costs, v, w), QuantileTransport.SquaredDistance(x, v, y, w), 1e-9);
        });

    [Fact]
    public void SquaredDistance_DistributionAndPoints_IsTheLimitOfAtoms()
    {
        var law = NormalDistribution.Standard;
        double[] points = [1.2, -0.4, 0.1], weights = [0.5, 0.2, 0.3];
        var atoms = LineQuantizer.Balanced(law, 20_000);
        Assert.Equal(QuantileTransport.SquaredDistance(atoms.Points, atoms.Weights, points, weights), QuantileTransport.SquaredDistance(law, points, weights), 1e-4);
    }

    [Fact]
    public void SquaredDistance_WeightsThatDoNotFit_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => QuantileTransport.SquaredDistance(NormalDistribution.Standard, [1, 2], [1]));
        Assert.Throws<ArgumentException>(() => QuantileTransport.SquaredDistance(NormalDistribution.Standard, [1, 2], [0.5, 0.6]));
        Assert.Throws<ArgumentException>(() => QuantileTransport.SquaredDistance([1, 2], [1.5, -0.5], [0], [1]));
        Assert.Throws<ArgumentException>(() => QuantileTransport.SquaredDistance([], [], [0], [1]));
    }

    private static double[] Normalised(IEnumerable<int> masses)
    {
        var all = masses.ToArray();
        return Array.ConvertAll(all, m => m / (double)all.Sum());
    }
}

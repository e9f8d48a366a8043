using CsCheck;
using Ddoq.Theory;

namespace Ddoq.Tests.Theory;

public sealed class LineDistributionTests
{
    private static readonly NormalMixture Mixture = new((0.7, new NormalDistribution(-2, 0.5)), (0.3, new NormalDistribution(4, 0.1)));

    [Fact]
    public void Quantile_Mixture_InvertsTheDistributionFunction() => Gen.Double[1e-6, 1 - 1e-6].Sample(p => Assert.Equal(p, Mixture.Cumulative(Mixture.Quantile(p)), 1e-12));

    [Fact]
    public void Quantile_OfOneComponent_IsThatOfTheNormal() => Assert.Equal(new NormalDistribution(1, 2).Quantile(0.2), new NormalMixture((1, new NormalDistribution(1, 2))).Quantile(0.2), 1e-14);

    [Fact]
    public void Between_WholeLine_HoldsTheMixturesMoments()
    {
        var all = Mixture.Between(double.NegativeInfinity, double.PositiveInfinity);
        Assert.Equal(1, all.Mass, 1e-14);
        Assert.Equal(0.7 * -2 + 0.3 * 4, all.First, 1e-14);
        Assert.Equal(all.First, Mixture.Mean, 1e-14);
        Assert.Equal(0.7 * (4 + 0.25) + 0.3 * (16 + 0.01), all.Second, 1e-13);
    }

    [Fact]
    public void Noised_Mixture_HasMeanAndVarianceOfTheSum()
    {
        var noised = Mixture.Noised(0.5, 2).Between(double.NegativeInfinity, double.PositiveInfinity);
        var clean = Mixture.Between(double.NegativeInfinity, double.PositiveInfinity);
        Assert.Equal(0.5 * clean.First, noised.First, 1e-13);
        Assert.Equal(0.25 * clean.Second + 4, noised.Second, 1e-12);
    }

    [Fact]
    public void Noised_Points_AreOneNormalEach()
    {
        var noised = NormalMixture.Noised([-1, 7, 3], [0.25, 0, 0.75], 2, 0.5);
        Assert.Equal(0.25 * new NormalDistribution(-2, 0.5).Density(1.3) + 0.75 * new NormalDistribution(6, 0.5).Density(1.3), noised.Density(1.3), 1e-15);
    }

    [Fact]
    public void Mixture_WeightsThatDoNotSumToOne_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new NormalMixture());
        Assert.Throws<ArgumentException>(() => new NormalMixture((0.5, NormalDistribution.Standard)));
        Assert.Throws<ArgumentException>(() => NormalMixture.Noised([1], [0.5, 0.5], 1, 1));
    }

    [Fact]
    public void Uniform_Moments_AreThoseOfTheInterval()
    {
        var law = new UniformDistribution(-1, 3);
        var part = law.Between(double.NegativeInfinity, 1); // half of the mass, mean 0, variance 4/12
        Assert.Equal((0.5, 0.0), (part.Mass, part.First));
        Assert.Equal(0.5 / 3, part.Second, 1e-15);
        Assert.Equal((1.0, 2.0, 0.75, 0.25, 0.0), (law.Mean, law.Quantile(0.75), law.Cumulative(2), law.Density(3), law.Density(3.1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new UniformDistribution(1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => law.Quantile(-0.1));
    }
}

using CsCheck;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed class DistanceKernelTests
{
    private static readonly Gen<(float[] X, float[] C)> Vectors =
        Gen.Int[1, 70].SelectMany(d => Gen.Select(Gen.Float[-8, 8].Array[d], Gen.Float[-8, 8].Array[4 * d]));

    [Fact]
    public void SquaredDistance_AnyVectors_HasTheBitsOfTheScalarTwin() => Vectors.Sample(v =>
        DistanceKernel.SquaredDistance(v.X, v.C.AsSpan(0, v.X.Length)) == DistanceKernel.SquaredDistanceScalar(v.X, v.C.AsSpan(0, v.X.Length)));

    [Fact]
    public void SquaredDistance_AnyFloat64Vectors_HasTheBitsOfTheScalarTwin() => Vectors.Sample(v =>
    {
        double[] x = Array.ConvertAll(v.X, e => e / 3.0), c = Array.ConvertAll(v.C[..v.X.Length], e => e / 7.0);
        return DistanceKernel.SquaredDistance(x, c) == DistanceKernel.SquaredDistanceScalar(x, c);
    });

    [Fact]
    public void FourSquaredDistances_AnyVectors_HaveTheBitsOfOneByOne() => Vectors.Sample(v =>
    {
        var four = new double[4];
        DistanceKernel.FourSquaredDistances(v.X, v.C, four);
        for (var k = 0; k < 4; k++) Assert.Equal(DistanceKernel.SquaredDistance(v.X, v.C.AsSpan(k * v.X.Length, v.X.Length)), four[k]);
    });

    [Theory]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(1031)]
    [InlineData(16384)]
    public void SquaredDistance_LongVectors_IsCloseToFloat64(int dimension)
    {
        var random = new SplitMix(5);
        var x = new float[dimension];
        var c = new float[dimension];
        for (var i = 0; i < dimension; i++) (x[i], c[i]) = ((float)random.NextGaussian(), (float)random.NextGaussian());
        var exact = x.Zip(c, (a, b) => ((double)a - b) * ((double)a - b)).Sum();
        Assert.Equal(DistanceKernel.SquaredDistanceScalar(x, c), DistanceKernel.SquaredDistance(x, c));
        Assert.Equal(1, DistanceKernel.SquaredDistance(x, c) / exact, 1e-6);
    }

    [Fact]
    public void SquaredDistance_FarFromOrigin_KeepsItsAccuracy()
    {
        // 10,000 away the expanded form |x|^2 - 2xc + |c|^2 would have no correct digit left.
        var x = Enumerable.Repeat(10000f, 16).ToArray();
        var c = Enumerable.Repeat(10000.0625f, 16).ToArray();
        Assert.Equal(16 * 0.0625 * 0.0625, DistanceKernel.SquaredDistance(x, c));
    }
}

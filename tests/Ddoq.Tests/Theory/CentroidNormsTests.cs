using Ddoq.Quantization;
using Ddoq.Theory;

namespace Ddoq.Tests.Theory;

public sealed class CentroidNormsTests
{
    [Fact]
    public void Of_OrthogonalSamples_ShareNothing()
    {
        var norms = CentroidNorms.Of(new SampleMatrix(new float[] { 2, 0, 0, 0, 2, 0, 0, 0, 2 }, 3), new float[] { 1, 1, 0, 0, 0, 2 }, [2, 1]);
        Assert.Equal((2, 0), (norms.Median, norms.SharedPart));
        Assert.Equal([Math.Sqrt(0.5), 1], norms.Ratios, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(norms.Ratios, norms.Law, (a, b) => Math.Abs(a - b) < 1e-12); // the law is exact here
        Assert.Equal(1, norms.OutsideShell);
    }

    [Fact]
    public void Of_EqualSamples_ShareEverything()
    {
        var norms = CentroidNorms.Of(new SampleMatrix(new float[] { 3, 4, 3, 4, 3, 4 }, 2), new float[] { 3, 4 }, [3]);
        Assert.Equal((5, 1, 1, 0), (norms.Median, norms.SharedPart, norms.Law[0], norms.OutsideShell));
    }

    [Fact]
    public void Of_EmptyCell_HasNoLaw() => Assert.True(double.IsNaN(CentroidNorms.Of(new SampleMatrix(new float[] { 1, 2 }, 1), new float[] { 1, 2 }, [2, 0]).Law[1]));

    [Fact]
    public void Of_LengthsThatDoNotFit_AreRefused()
    {
        var samples = new SampleMatrix(new float[4], 2);
        Assert.Throws<ArgumentException>(() => CentroidNorms.Of(samples, new float[2], [1, 1]));
        Assert.Throws<ArgumentException>(() => CentroidNorms.Of(new SampleMatrix(new float[2], 2), new float[2], [1]));
    }
}

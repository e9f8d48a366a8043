using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed unsafe class ProductKernelTests
{
    // Without vectors of 512 bits the runtime makes them of smaller ones.
    [Theory]
    [InlineData(1)]
    [InlineData(49)]
    [InlineData(256)]
    public unsafe void AddTwelveByTwo_TwoPanels_EqualsTheScalarSumsBitForBit(int length)
    {
        const int rows = 12, stride = 48;
        var pitch = ProductKernel.PitchOf(length);
        float[] block = Draw(rows * pitch, 1), panels = Draw(2 * length * 16, 2);
        float[] scalar = Draw(rows * stride, 3), two = [.. scalar];
        int[] order = [11, 3, 7, 0, 2, 9, 1, 4, 5, 6, 8, 10];
        fixed (float* b = block, p = panels, s = scalar, t = two)
        fixed (int* o = order)
        {
            foreach (var row in order)
                for (var panel = 0; panel < 2; panel++) ProductKernel.AddScalar(b, pitch, row, p + panel * length * 16, length, s + 16 * (1 + panel), stride);
            ProductKernel.AddTwelveByTwo(b, pitch, o, p, length, t + 16, stride);
        }
        Assert.Equal(scalar, two);
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(7, 16)]
    [InlineData(64, 64)]
    [InlineData(200, 256)]
    [InlineData(256, 256)]
    public void Add_EveryWidth_HasTheBitsOfTheScalarTwin(int length, int pitch)
    {
        const int rows = 13, stride = 32;
        var (block, panel) = (Draw(rows * pitch, 1), Draw(length * ProductKernel.PanelWidth, 2));
        float[] scalar = Draw(rows * stride, 3), six = [.. scalar], twelve = [.. scalar], narrow = [.. scalar];
        int[] order = [11, 3, 7, 0, 2, 9, 1, 4, 5, 6, 8, 10];
        fixed (float* b = block, p = panel, s = scalar, x = six, t = twelve, n = narrow)
        fixed (int* o = order)
        {
            foreach (var row in order) ProductKernel.AddScalar(b, pitch, row, p, length, s + 16, stride);
            ProductKernel.AddSix(b, pitch, o, p, length, x + 16, stride);
            ProductKernel.AddSix(b, pitch, o + 6, p, length, x + 16, stride);
            ProductKernel.AddTwelve(b, pitch, o, p, length, t + 16, stride);
            ProductKernel.AddTwelveNarrow(b, pitch, o, p, length, n + 16, stride);
        }
        for (var row = 0; row < rows; row++) Assert.Equal(scalar.AsSpan(row * stride, 24), narrow.AsSpan(row * stride, 24));
        Assert.Equal(scalar, six);
        Assert.Equal(scalar, twelve);
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(32, 32)]
    [InlineData(64, 64)]
    [InlineData(256, 256)]
    [InlineData(257, 144)] // stretches of 129 and 128
    [InlineData(784, 208)] // four of 196
    public void PitchOf_Dimension_IsAStretchInWholeCacheLines(int dimension, int expected) => Assert.Equal(expected, ProductKernel.PitchOf(dimension));

    private static float[] Draw(int count, ulong seed)
    {
        var random = new SplitMix(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)random.NextGaussian())];
    }
}

using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed unsafe class ProductKernelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(256)]
    public void Add_EveryWidth_HasTheBitsOfTheScalarTwin(int length)
    {
        const int rows = 13, stride = 32;
        var (block, panel) = (Draw(rows * ProductKernel.Stretch, 1), Draw(length * ProductKernel.PanelWidth, 2));
        float[] scalar = Draw(rows * stride, 3), six = [.. scalar], twelve = [.. scalar], narrow = [.. scalar];
        int[] order = [11, 3, 7, 0, 2, 9, 1, 4, 5, 6, 8, 10];
        fixed (float* b = block, p = panel, s = scalar, x = six, t = twelve, n = narrow)
        fixed (int* o = order)
        {
            foreach (var row in order) ProductKernel.AddScalar(b, row, p, length, s + 16, stride);
            ProductKernel.AddSix(b, o, p, length, x + 16, stride);
            ProductKernel.AddSix(b, o + 6, p, length, x + 16, stride);
            ProductKernel.AddTwelve(b, o, p, length, t + 16, stride);
            ProductKernel.AddTwelveNarrow(b, o, p, length, n + 16, stride);
        }
        for (var row = 0; row < rows; row++) Assert.Equal(scalar.AsSpan(row * stride, 24), narrow.AsSpan(row * stride, 24));
        Assert.Equal(scalar, six);
        Assert.Equal(scalar, twelve);
    }

    private static float[] Draw(int count, ulong seed)
    {
        var random = new SplitMix(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)random.NextGaussian())];
    }
}

using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Theory.Checks;

/// <summary>Samples whose law is known.</summary>
internal static class SyntheticSamples
{
    /// <summary>N(0, I).</summary>
    public static SampleMatrix Normal(int count, int dimension, SplitMix random) => Rows(count, dimension, row => Fill(row, () => random.NextGaussian()));

    /// <summary>N(0, 1), one sample in each of N slices of equal probability, in ascending order: the same law with far less scatter.</summary>
    public static SampleMatrix NormalSlices(int count, SplitMix random)
    {
        var place = 0;
        return Rows(count, 1, row => row[0] = (float)NormalDistribution.Standard.Quantile((place++ + random.NextDouble()) / count));
    }

    /// <summary>Uniform on the unit square, one sample in each of side x side equal parts: the same law with far less scatter.</summary>
    public static SampleMatrix Square(int side, SplitMix random)
    {
        var place = 0;
        return Rows(side * side, 2, row =>
        {
            (row[0], row[1]) = ((float)((place % side + random.NextDouble()) / side), (float)((place / side + random.NextDouble()) / side));
            place++;
        });
    }

    /// <summary>A mixture of three normal distributions N(c_j, I) of masses 1/2, 1/3 and 1/6, their centres 3 apart.</summary>
    public static SampleMatrix Mixture(int count, int dimension, SplitMix random) => Rows(count, dimension, row =>
    {
        var part = random.Next(6) switch { < 3 => 0, < 5 => 1, _ => 2 };
        Fill(row, () => random.NextGaussian());
        row[0] += 3 * part;
    });

    /// <summary>
    /// A smoothly bent piece of dimension <paramref name="intrinsic"/> in a space of more: coordinates u uniform in the cube are kept, and the other
    /// coordinates are waves of them.
    /// </summary>
    public static SampleMatrix Bent(int count, int intrinsic, int dimension, SplitMix random) => Rows(count, dimension, row =>
    {
        Fill(row[..intrinsic], () => random.NextDouble());
        for (var j = intrinsic; j < row.Length; j++) row[j] = (float)(0.3 * Math.Sin(j + 2 * row[j % intrinsic] + row[0] - row[(j + 1) % intrinsic]));
    });

    /// <summary>Vectors of mean squared norm D with a part <paramref name="shared"/> of it in common: sqrt(s) common + sqrt(1 - s) own, both normal.</summary>
    public static SampleMatrix WithSharedPart(int count, int dimension, double shared, SplitMix random)
    {
        var common = new float[dimension];
        Fill(common, () => random.NextGaussian());
        var (a, b) = (Math.Sqrt(shared * dimension / common.Sum(v => (double)v * v)), Math.Sqrt(1 - shared));
        return Rows(count, dimension, row =>
        {
            for (var j = 0; j < row.Length; j++) row[j] = (float)(a * common[j] + b * random.NextGaussian());
        });
    }

    private delegate void FillRow(Span<float> row);

    private static SampleMatrix Rows(int count, int dimension, FillRow fill)
    {
        var values = new float[count * dimension];
        for (var i = 0; i < count; i++) fill(values.AsSpan(i * dimension, dimension));
        return new SampleMatrix(values, dimension);
    }

    private static void Fill(Span<float> row, Func<double> draw)
    {
        for (var j = 0; j < row.Length; j++) row[j] = (float)draw();
    }
}

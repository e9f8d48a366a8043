using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Planning;

/// <summary>Samples of known intrinsic dimension.</summary>
internal static class Manifolds
{
    /// <summary>Uniform samples of [0, 1]^d.</summary>
    public static SampleMatrix Cube(int count, int d, ulong seed = 1)
    {
        var random = new SplitMix(seed);
        return new SampleMatrix(Enumerable.Range(0, count * d).Select(_ => (float)random.NextDouble()).ToArray(), d);
    }

    /// <summary>The same samples turned into R^D by a random isometry: distances stay.</summary>
    public static SampleMatrix Embedded(this SampleMatrix samples, int dimension, ulong seed = 2)
    {
        var axes = Axes(samples.Dimension, dimension, new SplitMix(seed));
        var values = new float[samples.Count * dimension];
        for (var i = 0; i < samples.Count; i++)
            for (var j = 0; j < dimension; j++)
                values[i * dimension + j] = (float)axes.Select((axis, a) => axis[j] * samples.Row(i)[a]).Sum();
        return new SampleMatrix(values, dimension);
    }

    /// <summary>A rolled-up sheet in R^3: (t cos t, h, t sin t), t from 1.5 pi to 4.5 pi, h from 0 to 21. Dimension 2.</summary>
    public static SampleMatrix SwissRoll(int count, ulong seed = 3)
    {
        var random = new SplitMix(seed);
        var values = new List<float>();
        for (var i = 0; i < count; i++)
        {
            var t = 1.5 * Math.PI * (1 + 2 * random.NextDouble());
            values.AddRange((float)(t * Math.Cos(t)), (float)(21 * random.NextDouble()), (float)(t * Math.Sin(t)));
        }
        return new SampleMatrix(values.ToArray(), 3);
    }

    // Gram and Schmidt on normal vectors.
    private static double[][] Axes(int count, int dimension, SplitMix random)
    {
        var axes = new double[count][];
        for (var a = 0; a < count; a++)
        {
            var axis = Enumerable.Range(0, dimension).Select(_ => random.NextGaussian()).ToArray();
            foreach (var before in axes.Take(a)) axis = [.. axis.Zip(before, (v, b) => v - b * axis.Zip(before, (x, y) => x * y).Sum())];
            var length = Math.Sqrt(axis.Sum(v => v * v));
            axes[a] = [.. axis.Select(v => v / length)];
        }
        return axes;
    }
}

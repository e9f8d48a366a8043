using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests;

/// <summary>The closed-form numbers of the golden data: a hash of (seed, name, index).</summary>
internal static class Hashfill
{
    public static ulong Key(string name, long seed)
    {
        var h = 0xCBF29CE484222325UL;
        foreach (var b in System.Text.Encoding.UTF8.GetBytes($"{seed}/{name}")) h = (h ^ b) * 0x100000001B3UL;
        return h;
    }

    /// <summary>v_i, uniform on [-1, 1).</summary>
    public static double[] Values(string name, long seed, long count)
    {
        var (key, values) = (Key(name, seed), new double[count]);
        for (var i = 0L; i < count; i++) values[i] = Value(key + ((ulong)i + 1) * 0x9E3779B97F4A7C15UL);
        return values;
    }

    public static float[] Data(string name, long seed, long count, double scale = 1, double offset = 0) =>
        Array.ConvertAll(Values(name, seed, count), v => (float)(scale * v + offset));

    /// <summary>Zero mean, unit variance.</summary>
    public static float[] Noise(string name, long seed, long count) => Data(name, seed, count, Math.Sqrt(3));

    public static Tensor NoiseTensor(string name, long seed, params long[] shape) => tensor(Noise(name, seed, Count(shape)), shape);

    /// <summary>A parameter by its state-dict key.</summary>
    public static float[] Parameter(string key, long[] shape, long seed, HashfillRule rule)
    {
        var last = key[(key.LastIndexOf('.') + 1)..];
        var count = Count(shape);
        if (last == "running_var") return Data(key, seed, count, 0.25, 1);
        if (shape.Length >= 2) return Data(key, seed, count, rule.Gain * Math.Sqrt(3.0 / (count / shape[0])));
        return last == "weight" ? Data(key, seed, count, rule.NormSpread, rule.NormCenter) : Data(key, seed, count, rule.BiasScale);
    }

    private static double Value(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        z ^= z >> 31;
        return (z >> 40) / 8388608.0 - 1.0;
    }

    private static long Count(long[] shape) => shape.Aggregate(1L, (a, b) => a * b);
}

/// <summary>Constants of the parameter rule.</summary>
internal readonly record struct HashfillRule(double Gain = 1, double NormCenter = 1, double NormSpread = 0.25, double BiasScale = 0.1);

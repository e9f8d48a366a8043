namespace Ddoq.Foundations;

/// <summary>
/// Gives every random draw of a run its own stream, derived from one root seed and the draw's place in the work,
/// so that results depend neither on order, batch size nor thread count.
/// </summary>
/// <param name="Root">The run's seed (<c>--seed</c>).</param>
public readonly record struct SeedSequence(ulong Root)
{
    /// <summary>Seed of one stream. <paramref name="stage"/> is a fixed name such as "kmeans++"; the indices say which class, image, epoch.</summary>
    public ulong For(string stage, long first = 0, long second = 0, long third = 0)
    {
        var h = Mix(Root ^ 0x9E3779B97F4A7C15UL);
        foreach (var c in stage) h = Mix(h ^ c);
        h = Mix(h ^ (ulong)first);
        h = Mix(h ^ (ulong)second);
        return Mix(h ^ (ulong)third);
    }

    /// <summary>A generator over the stream of <see cref="For"/>.</summary>
    public SplitMix Stream(string stage, long first = 0, long second = 0, long third = 0) => new(For(stage, first, second, third));

    // The finaliser of SplitMix64 (Steele, Lea, Flood 2014) over a Weyl step: every bit of input reaches every bit of output.
    private static ulong Mix(ulong z)
    {
        z += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}

/// <summary>SplitMix64: a small, fast generator with a 64-bit state. Same bits on every machine.</summary>
public struct SplitMix(ulong seed)
{
    private const ulong Step = 0x9E3779B97F4A7C15UL;

    private ulong _state = seed;

    /// <summary>Goes on as if so many draws of <see cref="NextUInt64"/> or <see cref="NextDouble"/> had been made.</summary>
    public void Skip(long draws) => _state += (ulong)draws * Step;

    /// <summary>Next 64 uniform bits.</summary>
    public ulong NextUInt64()
    {
        var z = _state += Step;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform integer in [0, <paramref name="bound"/>), without modulo bias (Lemire 2019).</summary>
    public int Next(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        while (true)
        {
            var high = Math.BigMul(NextUInt64(), (ulong)bound, out var low);
            if (low >= (ulong)bound || low >= (0UL - (ulong)bound) % (ulong)bound) return (int)high;
        }
    }

    /// <summary>Standard normal by Box and Muller's polar-free form; one draw per call.</summary>
    public double NextGaussian()
    {
        var radius = Math.Sqrt(-2.0 * Math.Log(1.0 - NextDouble()));
        return radius * Math.Cos(2.0 * Math.PI * NextDouble());
    }

    /// <summary>A uniformly random permutation of 0..<paramref name="count"/>-1 (Fisher and Yates).</summary>
    public int[] Permutation(int count)
    {
        var p = new int[count];
        for (var i = 0; i < count; i++) p[i] = i;
        for (var i = count - 1; i > 0; i--)
        {
            var j = Next(i + 1);
            (p[i], p[j]) = (p[j], p[i]);
        }
        return p;
    }
}

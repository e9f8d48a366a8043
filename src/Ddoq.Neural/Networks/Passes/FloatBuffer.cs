using System.Runtime.InteropServices;

namespace Ddoq.Neural.Networks.Passes;

/// <summary>Float32 numbers outside the managed heap, on a cache line's border; grows as asked and never shrinks.</summary>
internal sealed unsafe class FloatBuffer : IDisposable
{
    private const nuint CacheLine = 64;

    private long _capacity;

    /// <summary>First number.</summary>
    public float* Pointer { get; private set; }

    /// <summary>Makes room for <paramref name="count"/> numbers. After growth all are zero; else they stay as they are.</summary>
    public float* Room(long count)
    {
        if (count <= _capacity) return Pointer;
        NativeMemory.AlignedFree(Pointer);
        Pointer = (float*)NativeMemory.AlignedAlloc((nuint)count * sizeof(float), CacheLine);
        NativeMemory.Clear(Pointer, (nuint)count * sizeof(float));
        _capacity = count;
        return Pointer;
    }

    /// <summary>The first <paramref name="count"/> numbers.</summary>
    public Span<float> Span(int count) => new(Pointer, count);

    public void Dispose()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
        _capacity = 0;
    }
}

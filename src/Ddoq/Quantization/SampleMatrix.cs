using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Ddoq.Quantization;

/// <summary>Samples in memory: N x D float32, row-major. Holds the memory, never writes to it.</summary>
public sealed class SampleMatrix : Samples
{
    private readonly ArraySegment<float> _array;

    /// <summary>Wraps the values without copying.</summary>
    /// <param name="values">N x D, row-major.</param>
    /// <param name="dimension">D, at least 1.</param>
    /// <param name="weights">N masses, finite and non-negative with a positive sum; empty for equal masses.</param>
    /// <param name="name">What the samples are, for messages: "class 3 (Dress)".</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or a mass is not permitted.</exception>
    public SampleMatrix(ReadOnlyMemory<float> values, int dimension, ReadOnlyMemory<double> weights = default, string name = "samples")
        : base(RowsIn(values.Length, dimension), dimension, weights, name)
    {
        Values = values;
        MemoryMarshal.TryGetArray(values, out _array);
    }

    /// <summary>N x D, row-major.</summary>
    public ReadOnlyMemory<float> Values { get; }

    /// <summary>Sample <paramref name="index"/>, D floats.</summary>
    public ReadOnlySpan<float> Row(int index) => Span.Slice(index * Dimension, Dimension);

    /// <inheritdoc />
    public override void Read(int row, int column, Span<float> destination) => Stretch(row, column, destination.Length).CopyTo(destination);

    /// <inheritdoc />
    public override void Read(int row, int column, Span<double> destination) => Widening.Convert(Stretch(row, column, destination.Length), destination);

    internal override void ReadShifted(int row, int column, ReadOnlySpan<float> shift, Span<float> destination) =>
        Widening.Subtract(Stretch(row, column, destination.Length), shift, destination);

    // An address that has become wrong meanwhile asks for the wrong memory, no more.
    internal override unsafe void Prefetch(int row, int column, int length)
    {
        if (!Sse.IsSupported) return;
        var first = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Stretch(row, column, length)));
        for (var j = 0; j < length; j += ProductKernel.CacheLine) Sse.Prefetch0(first + j);
    }

    internal override double SquaredDistance(int row, ReadOnlySpan<double> point, double[] buffer) => DistanceKernel.SquaredDistance(Row(row), point);

    internal override double NearlySquaredDistance(int row, ReadOnlySpan<float> point, float[] buffer) => DistanceKernel.NearlySquaredDistance(Row(row), point);

    private ReadOnlySpan<float> Stretch(int row, int column, int length) => Span.Slice(row * Dimension + column, length);

    // An array gives its span faster than memory that may be anything.
    private ReadOnlySpan<float> Span => _array.Array is null ? Values.Span : _array;
}

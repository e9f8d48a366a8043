using System.Numerics.Tensors;

namespace Ddoq.Quantization;

/// <summary>Conversions between float32 and float64, element by element.</summary>
internal static class Widening
{
    public static void Convert(ReadOnlySpan<float> from, Span<double> to) => TensorPrimitives.ConvertTruncating(from, to);

    public static void Narrow(ReadOnlySpan<double> from, Span<float> to) => TensorPrimitives.ConvertTruncating(from, to);
}

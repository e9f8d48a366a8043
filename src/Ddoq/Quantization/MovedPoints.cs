using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ddoq.Quantization;

/// <summary>Points of float64 as rows: shifted like the samples, then rounded to float32.</summary>
/// <param name="points">P x D; held, and read anew each time.</param>
/// <param name="shift">D, subtracted.</param>
internal sealed class MovedPoints(double[] points, float[] shift) : IRows
{
    /// <inheritdoc />
    public int Dimension => shift.Length;

    /// <inheritdoc />
    public void Read(int row, int column, Span<float> destination)
    {
        ref var p = ref MemoryMarshal.GetReference(points.AsSpan(row * Dimension + column, destination.Length));
        ref var s = ref MemoryMarshal.GetReference(shift.AsSpan(column, destination.Length));
        ref var d = ref MemoryMarshal.GetReference(destination);
        var i = 0;
        for (; i + 8 <= destination.Length; i += 8)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref s, (nuint)i));
            Vector256.Narrow(Vector256.LoadUnsafe(ref p, (nuint)i) - low, Vector256.LoadUnsafe(ref p, (nuint)i + 4) - high).StoreUnsafe(ref d, (nuint)i);
        }
        for (; i < destination.Length; i++) destination[i] = (float)(points[row * Dimension + column + i] - shift[column + i]);
    }

    /// <summary>|b|^2 of a row.</summary>
    public double SquaredNorm(int row)
    {
        Span<float> part = stackalloc float[Math.Min(Dimension, ProductKernel.Stretch)];
        var sum = 0.0;
        for (var column = 0; column < Dimension; column += part.Length)
        {
            var stretch = part[..Math.Min(part.Length, Dimension - column)];
            Read(row, column, stretch);
            sum += DistanceKernel.SquaredNorm(stretch);
        }
        return sum;
    }
}

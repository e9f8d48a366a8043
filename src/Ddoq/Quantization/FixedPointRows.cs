using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ddoq.Quantization;

/// <summary>
/// Rows of a source in 16 bits: whole numbers of at most <see cref="Largest"/> times one step, so that squared distances between them are sums of whole numbers, exact and
/// in any order the same. How far each row went in rounding is known.
/// </summary>
internal sealed class FixedPointRows
{
    /// <summary>Magnitude of the largest number: sixteen sums of two squared differences stay within 32 bits.</summary>
    public const int Largest = (1 << 12) - 1;

    /// <summary>Rows are filled up with zeros to a multiple of this.</summary>
    public const int Lanes = 16;

    private const int Stretch = 1024, RowBlock = 256;

    // Of a number as the source gives it, and of one within range in steps.
    private const double FloatRounding = 1.01 * DistanceKernel.Rounding, StepRounding = 2.0 * (Largest + 1) * DistanceKernel.Rounding;

    // Of a row's length: beyond, a few values are far larger than all others, and bounds would be too wide.
    private const double LargestRounding = 1e-3;

    private readonly IRows _source;
    private readonly int _pitch;
    private readonly short[] _values;
    private readonly float[] _errors;

    /// <param name="source">Rows of D numbers, each of them rounded once to float32.</param>
    /// <param name="count">N; N x D, D rounded up to whole lanes, is at most <see cref="Array.MaxLength"/>.</param>
    /// <param name="step">What one stands for; numbers beyond <see cref="Largest"/> steps are cut off.</param>
    public FixedPointRows(IRows source, int count, float step)
    {
        (_source, Step) = (source, step);
        _pitch = PitchFor(source.Dimension);
        _values = GC.AllocateUninitializedArray<short>(count * _pitch);
        _errors = new float[count];
    }

    /// <summary>Shifted samples in fixed point; null where they are not in memory, or where a few values are so large that others would vanish.</summary>
    /// <param name="samples">Samples.</param>
    /// <param name="largest">Largest magnitude of all numbers, shifted.</param>
    public static FixedPointRows? Of(CentredSamples samples, float largest)
    {
        if (samples.Source is not SampleMatrix || (long)samples.Count * PitchFor(samples.Dimension) > Array.MaxLength) return null;
        var step = largest / Largest;
        var rounding = step * Math.Sqrt(samples.Dimension / 12.0);
        if (!float.IsNormal(step) || rounding > LargestRounding * Math.Sqrt(TensorPrimitives.Average<double>(samples.SquaredNorms))) return null;
        var rows = new FixedPointRows(samples, samples.Count, step);
        FixedBlocks.Run(samples.Count, RowBlock, samples.Threads, (start, end) =>
        {
            for (var i = start; i < end; i++) rows.Take(i, samples.SquaredNorms[i]);
        });
        return rows;
    }

    /// <summary>What one stands for.</summary>
    public float Step { get; }

    /// <summary>Numbers from one row to the next.</summary>
    public static int PitchFor(int dimension) => (dimension + Lanes - 1) / Lanes * Lanes;

    /// <summary>A row in steps, filled up with zeros.</summary>
    public ReadOnlySpan<short> this[int row] => _values.AsSpan(row * _pitch, _pitch);

    /// <summary>At least the distance between a row times the step and what the source rounded.</summary>
    public float ErrorOf(int row) => _errors[row];

    /// <summary>Takes a row from the source. Safe from several threads for different rows.</summary>
    /// <param name="row">Row.</param>
    /// <param name="squaredNorm">|x|^2 of that row.</param>
    public void Take(int row, double squaredNorm)
    {
        Span<float> part = stackalloc float[Math.Min(_source.Dimension, Stretch)];
        var left = 0.0;
        _values.AsSpan(row * _pitch + _source.Dimension, _pitch - _source.Dimension).Clear();
        for (var column = 0; column < _source.Dimension; column += Stretch)
        {
            var from = part[..Math.Min(Stretch, _source.Dimension - column)];
            _source.Read(row, column, from);
            left += Round(from, _values.AsSpan(row * _pitch + column, from.Length));
        }
        var rounded = 1.01 * (Math.Sqrt(left) + StepRounding * Math.Sqrt(_source.Dimension));
        _errors[row] = MathF.BitIncrement((float)(Step * rounded + FloatRounding * Math.Sqrt(squaredNorm)));
    }

    // Nearly |from / step - to|^2: what is rounded off, in steps, because its squares must not vanish.
    private float Round(ReadOnlySpan<float> from, Span<short> to)
    {
        ref var f = ref MemoryMarshal.GetReference(from);
        ref var t = ref MemoryMarshal.GetReference(to);
        var (perStep, sum, i) = (1 / Step, Vector256<float>.Zero, 0);
        for (; i + Lanes <= from.Length; i += Lanes)
        {
            Vector256<float> x = Vector256.LoadUnsafe(ref f, (nuint)i) * perStep, y = Vector256.LoadUnsafe(ref f, (nuint)i + 8) * perStep;
            Vector256<float> wholeX = Whole(x), wholeY = Whole(y);
            Vector256.Narrow(Vector256.ConvertToInt32(wholeX), Vector256.ConvertToInt32(wholeY)).StoreUnsafe(ref t, (nuint)i);
            sum = Vector256.FusedMultiplyAdd(y - wholeY, y - wholeY, Vector256.FusedMultiplyAdd(x - wholeX, x - wholeX, sum));
        }
        var total = Vector256.Sum(sum);
        for (; i < from.Length; i++)
        {
            to[i] = (short)Math.Clamp(MathF.Round(from[i] * perStep), -Largest, Largest);
            total += MathF.Pow(from[i] * perStep - to[i], 2);
        }
        return total;
    }

    private static Vector256<float> Whole(Vector256<float> x) =>
        Vector256.Round(Vector256.Min(Vector256.Max(x, Vector256.Create(-(float)Largest)), Vector256.Create((float)Largest)));
}

namespace Ddoq.Quantization;

/// <summary>Samples in memory as float64: N x D, row-major. For data whose last digits matter; the quantizer compares and averages it without loss.</summary>
public sealed class DoubleMatrix : Samples
{
    private readonly ReadOnlyMemory<double> _values;

    /// <summary>Wraps the values without copying.</summary>
    /// <inheritdoc cref="SampleMatrix(ReadOnlyMemory{float}, int, ReadOnlyMemory{double}, string)"/>
    public DoubleMatrix(ReadOnlyMemory<double> values, int dimension, ReadOnlyMemory<double> weights = default, string name = "samples")
        : base(RowsIn(values.Length, dimension), dimension, weights, name) =>
        _values = values;

    /// <inheritdoc />
    public override void Read(int row, int column, Span<float> destination) => Widening.Narrow(Stretch(row, column, destination.Length), destination);

    /// <inheritdoc />
    public override void Read(int row, int column, Span<double> destination) => Stretch(row, column, destination.Length).CopyTo(destination);

    // Rounded once, after the subtraction.
    internal override void ReadShifted(int row, int column, ReadOnlySpan<float> shift, Span<float> destination)
    {
        var x = Stretch(row, column, destination.Length);
        for (var j = 0; j < x.Length; j++) destination[j] = (float)(x[j] - shift[j]);
    }

    private ReadOnlySpan<double> Stretch(int row, int column, int length) => _values.Span.Slice(row * Dimension + column, length);
}

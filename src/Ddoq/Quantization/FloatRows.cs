namespace Ddoq.Quantization;

/// <summary>Rows in memory, N x dimension float32.</summary>
/// <param name="count">N.</param>
/// <param name="dimension">Numbers per row.</param>
internal class FloatRows(int count, int dimension) : IRows
{
    /// <summary>N.</summary>
    public int Count => count;

    /// <inheritdoc />
    public int Dimension => dimension;

    /// <summary>N x dimension, row-major; zero at first.</summary>
    public float[] Values { get; } = new float[(long)count * dimension];

    /// <summary>One row.</summary>
    public Span<float> this[int row] => Values.AsSpan(row * dimension, dimension);

    /// <inheritdoc />
    public void Read(int row, int column, Span<float> destination) => Values.AsSpan(row * dimension + column, destination.Length).CopyTo(destination);
}

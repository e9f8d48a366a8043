namespace Ddoq.Quantization;

/// <summary>Some of the samples, as rows of their own.</summary>
/// <param name="samples">Samples.</param>
/// <param name="rows">Their numbers.</param>
internal sealed class ChosenRows(CentredSamples samples, int[] rows) : IRows
{
    /// <inheritdoc />
    public int Dimension => samples.Dimension;

    /// <summary>Number of the sample in a row.</summary>
    public int Source(int row) => rows[row];

    /// <summary>|a|^2 of a row.</summary>
    public double SquaredNorm(int row) => samples.SquaredNorms[rows[row]];

    /// <inheritdoc />
    public void Read(int row, int column, Span<float> destination) => samples.Read(rows[row], column, destination);
}

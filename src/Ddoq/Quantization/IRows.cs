namespace Ddoq.Quantization;

/// <summary>Rows of float32 numbers that the product kernel reads in stretches. Reading is safe from several threads.</summary>
internal interface IRows
{
    /// <summary>Numbers per row.</summary>
    int Dimension { get; }

    /// <summary>Copies part of a row.</summary>
    /// <param name="row">Row.</param>
    /// <param name="column">First number of the stretch.</param>
    /// <param name="destination">Filled; its length decides how many numbers are read.</param>
    void Read(int row, int column, Span<float> destination);
}

namespace Ddoq.Theory;

/// <summary>Integrals of 1, x and x^2 over one cell of a measure: all that distortion, means and transport on the line need.</summary>
/// <param name="Mass">Integral of 1.</param>
/// <param name="First">Integral of x.</param>
/// <param name="Second">Integral of x^2.</param>
public readonly record struct CellMoments(double Mass, double First, double Second)
{
    /// <summary>Mean of the cell; NaN where it holds no mass.</summary>
    public double Mean => First / Mass;

    /// <summary>Integral of (x - point)^2 over the cell.</summary>
    public double SquaredDistanceTo(double point) => Second - 2 * point * First + point * point * Mass;

    /// <summary>Moments of the union of two disjoint cells.</summary>
    public static CellMoments operator +(CellMoments a, CellMoments b) => new(a.Mass + b.Mass, a.First + b.First, a.Second + b.Second);

    /// <summary>Moments under a measure of <paramref name="factor"/> times the mass.</summary>
    public static CellMoments operator *(double factor, CellMoments a) => new(factor * a.Mass, factor * a.First, factor * a.Second);
}

namespace Ddoq.Quantization;

/// <summary>
/// A map to few numbers that lengthens no distance: with orthonormal directions B, x becomes (Bx, |x - B^T Bx|), its coordinates in their span and its distance
/// from it. For two points the parts outside the span have at most the product of their lengths as scalar product (Cauchy and Schwarz), hence the bound. What rounding adds
/// is bounded to the safe side.
/// </summary>
internal sealed unsafe class Contraction
{
    private readonly double _rounding;
    private readonly double _slack;

    /// <param name="directions">Rows of D numbers, of length 1 and perpendicular to each other but for rounding, or zero.</param>
    /// <param name="threads">Threads to use.</param>
    public Contraction(FloatRows directions, int threads)
    {
        Directions = new CentroidPanels(directions.Count, directions.Dimension, threads);
        Directions.Pack(directions);
        var skewness = Skewness(directions, threads);
        _rounding = 1.01 * Directions.ChainRounding * Math.Sqrt(directions.Count) * (1 + skewness);
        _slack = 2 * skewness + 2.1 * _rounding;
    }

    /// <summary>The directions, as the product kernel reads them.</summary>
    public CentroidPanels Directions { get; }

    /// <summary>Numbers that a point becomes: one more than there are directions.</summary>
    public int Width => Directions.Count + 1;

    /// <summary>The image of a point. Its distance from the span is rounded up, and widened by what rounding may have added to the coordinates.</summary>
    /// <param name="coordinates">Bx, as the product kernel computes it.</param>
    /// <param name="squaredNorm">|x|^2.</param>
    /// <param name="image"><see cref="Width"/> numbers, overwritten.</param>
    public void Complete(float* coordinates, double squaredNorm, Span<float> image)
    {
        new ReadOnlySpan<float>(coordinates, Width - 1).CopyTo(image);
        var outside = squaredNorm * (1 + _slack) - DistanceKernel.SquaredNorm(image[..^1]);
        image[^1] = MathF.BitIncrement((float)Math.Sqrt(Math.Max(0, outside)));
    }

    /// <summary>
    /// By how much |a|^2 + |b|^2 - 2 (product of the images), computed from scores, may exceed |a - b|^2. Coordinates err by at most r |a| with r the chain's rounding times the root of their number;
    /// directions that are not quite perpendicular add their skewness to the span's part.
    /// </summary>
    /// <param name="squaredNorm">|a|^2.</param>
    /// <param name="images">The images of the points b.</param>
    public double ErrorFor(double squaredNorm, CentroidPanels images)
    {
        var b = images.LargestNorm;
        return 1.01 * (images.ErrorFor(squaredNorm) + _slack * b * b + 4.2 * _rounding * Math.Sqrt(squaredNorm) * b);
    }

    // |B B^T - I| in the Frobenius norm, directions of zeros left out.
    private static double Skewness(FloatRows directions, int threads)
    {
        var sums = new double[directions.Count];
        FixedBlocks.Run(directions.Count, 4, threads, (start, end) =>
        {
            for (var i = start; i < end; i++)
            {
                for (var j = 0; j < i; j++) sums[i] += 2 * Math.Pow(DistanceKernel.Product(directions[i], directions[j]), 2);
                if (DistanceKernel.SquaredNorm(directions[i]) is var square and > 0) sums[i] += Math.Pow(square - 1, 2);
            }
        });
        return Math.Sqrt(sums.Sum());
    }
}

namespace Ddoq.Theory;

/// <summary>K points on the line with masses that stand for a distribution.</summary>
/// <param name="Points">K points in ascending order.</param>
/// <param name="Weights">K masses, sum 1.</param>
/// <param name="SquaredDistance">W2^2 between the distribution and the weighted points; with Voronoi masses it is the distortion.</param>
public sealed record LineCodebook(double[] Points, double[] Weights, double SquaredDistance);

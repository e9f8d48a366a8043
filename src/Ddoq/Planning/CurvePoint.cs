namespace Ddoq.Planning;

/// <summary>What one number of points per class costs.</summary>
/// <param name="ImagesPerClass">Points per class, K.</param>
/// <param name="Distortion">Mean squared distance of all samples to centroids fitted to all of them.</param>
/// <param name="FittedDistortion">The same where only a part of the samples is fitted, on that part; null where nothing is held out.</param>
/// <param name="HeldOutDistortion">Mean squared distance of the samples held out to those centroids; null where nothing is held out, or fewer samples than K were left to fit.</param>
public sealed record CurvePoint(int ImagesPerClass, double Distortion, double? FittedDistortion, double? HeldOutDistortion)
{
    /// <summary>2-Wasserstein distance between samples and weighted centroids, the root of <see cref="Distortion"/>.</summary>
    public double W2 => Math.Sqrt(Distortion);
}

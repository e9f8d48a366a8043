namespace Ddoq.Distilled;

/// <summary>What a distilled set knows of one of its images, pixels aside. One row of <c>train/metadata.csv</c>.</summary>
/// <param name="Label">Class, in [0, L).</param>
/// <param name="Count">Source images in the Voronoi cell of this point; 0 or more.</param>
/// <param name="Weight">Loss factor under the set's weight rule; finite, 0 or more, mean one within the class.</param>
/// <param name="LocalDistortion">Mean squared latent distance of the cell's members to this point; finite, 0 or more.</param>
/// <param name="SourceIndex">Index in the source data set when the image is a real one; null when it is made.</param>
/// <param name="Seed">Seed of the noise the image was synthesized from; null when there was none.</param>
public sealed record DistilledImage(int Label, long Count, float Weight, double LocalDistortion, int? SourceIndex = null, ulong? Seed = null);

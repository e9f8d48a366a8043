using Ddoq.Datasets;

namespace Ddoq.Distilled;

/// <summary>What every distilled set obeys, in memory and on disk. Each rule says what was expected and what was found.</summary>
internal static class SetRules
{
    /// <summary>How far a class's mean weight may lie from one: single-precision rounding of long classes, no more.</summary>
    public const double MeanTolerance = 1e-3;

    /// <summary>All broken rules; empty when the set is sound.</summary>
    public static IEnumerable<string> Broken(IReadOnlyList<string> classNames, ImageShape shape, IReadOnlyList<DistilledImage> images) =>
        Shapes(classNames, shape, images).Concat(Rows(classNames.Count, images)).Concat(Classes(classNames, images));

    /// <summary>Broken rules of provenance: values that a student's training would trip over.</summary>
    public static IEnumerable<string> Broken(Provenance provenance, ImageShape shape)
    {
        var (mean, deviation) = (provenance.Normalisation.Mean, provenance.Normalisation.StandardDeviation);
        if (mean.Count != shape.Channels || deviation.Count != shape.Channels)
            yield return $"the normalisation has {mean.Count} means and {deviation.Count} deviations, expected {shape.Channels} each, one per channel.";
        if (mean.Any(m => !double.IsFinite(m)) || deviation.Any(d => !double.IsFinite(d) || d <= 0))
            yield return "the normalisation needs finite means and finite deviations above 0.";
        if (provenance.ImagesPerClass < 1)
            yield return $"images per class is {provenance.ImagesPerClass}, expected at least 1.";
    }

    /// <summary>Broken rules of soft labels against the images that they belong to.</summary>
    public static IEnumerable<string> Broken(SoftLabels labels, int images, int classes)
    {
        if (labels.Count != images) yield return $"soft labels cover {labels.Count} images, the set has {images}.";
        if (labels.Classes != classes) yield return $"soft labels have {labels.Classes} classes, the set has {classes}.";
    }

    private static IEnumerable<string> Shapes(IReadOnlyList<string> classNames, ImageShape shape, IReadOnlyList<DistilledImage> images)
    {
        if (classNames.Count == 0) yield return "the set has no classes.";
        if (shape.Channels is not (1 or 3)) yield return $"images have {shape.Channels} channels, expected 1 (grey) or 3 (RGB).";
        if ((long)images.Count * shape.Size > Array.MaxLength) yield return $"{images.Count} images of {shape} do not fit one array of {Array.MaxLength} bytes.";
    }

    private static IEnumerable<string> Rows(int classes, IReadOnlyList<DistilledImage> images)
    {
        for (var i = 0; i < images.Count; i++)
        {
            var (label, count, weight, distortion, source, _) = images[i];
            if (label < 0 || label >= classes) yield return $"label {label} at row {i} is outside [0, {classes}).";
            if (i > 0 && label < images[i - 1].Label) yield return $"row {i} has label {label} after {images[i - 1].Label}: rows must stand in class order.";
            if (count < 0) yield return $"count {count} at row {i} is negative.";
            if (!float.IsFinite(weight) || weight < 0) yield return $"weight {weight} at row {i} is not a finite number of 0 or more.";
            if (!double.IsFinite(distortion) || distortion < 0) yield return $"local distortion {distortion} at row {i} is not a finite number of 0 or more.";
            if (source < 0) yield return $"source index {source} at row {i} is negative.";
        }
    }

    private static IEnumerable<string> Classes(IReadOnlyList<string> classNames, IReadOnlyList<DistilledImage> images)
    {
        var weights = images.ToLookup(i => i.Label, i => (double)i.Weight);
        for (var c = 0; c < classNames.Count; c++)
        {
            var size = weights[c].Count();
            var mean = size > 0 ? weights[c].Sum() / size : double.NaN;
            if (size == 0) yield return $"class {c} '{classNames[c]}' has no image.";
            else if (mean == 0) yield return $"all weights of class {c} '{classNames[c]}' are zero.";
            else if (double.IsFinite(mean) && Math.Abs(mean - 1) > MeanTolerance)
                yield return FormattableString.Invariant($"weights of class {c} '{classNames[c]}' have mean {mean:G7}, expected 1 within {MeanTolerance}.");
        }
    }
}

namespace Ddoq.Planning;

/// <summary>A total of images spread over the classes. Distortions are means over all samples of all classes.</summary>
public sealed record Allocation
{
    /// <summary>Images in all, B.</summary>
    public required int Budget { get; init; }

    /// <summary>Images of each class, in label order; they sum to <see cref="Budget"/>.</summary>
    public required IReadOnlyList<int> ImagesPerClass { get; init; }

    /// <summary>Images of each class in the equal split that this is compared with.</summary>
    public required IReadOnlyList<int> EqualSplit { get; init; }

    /// <summary>Distortion as the interpolated curves had it before it was measured.</summary>
    public required double Predicted { get; init; }

    /// <summary>Distortion of the equal split as those curves had it.</summary>
    public required double EqualPredicted { get; init; }

    /// <summary>Distortion found by quantizing with these numbers; null where that was not asked for.</summary>
    public double? Measured { get; init; }

    /// <summary>Distortion found by quantizing with the equal split; null where that was not done.</summary>
    public double? EqualMeasured { get; init; }

    /// <summary>Part of the equal split's distortion that is saved, 1 - D / D_equal: measured where both were measured, else predicted; 0 where the equal split has none.</summary>
    public double Gain => Measured is { } measured && EqualMeasured is { } equal ? Saved(measured, equal) : Saved(Predicted, EqualPredicted);

    private static double Saved(double distortion, double equal) => equal > 0 ? 1 - distortion / equal : 0;
}

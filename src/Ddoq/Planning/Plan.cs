namespace Ddoq.Planning;

/// <summary>What points per class buy, and how a total of images is best spread over the classes.</summary>
public sealed record Plan
{
    /// <summary>The curve over all classes: means weighted by their sizes, comparable with <see cref="Quantization.Codebook.Distortion"/>.</summary>
    public required IReadOnlyList<CurvePoint> Curve { get; init; }

    /// <summary>Each class, in label order.</summary>
    public required IReadOnlyList<ClassPlan> Classes { get; init; }

    /// <summary>Mean over the classes of the two-NN estimate, weighted by their sizes; null where no class gives one.</summary>
    public required double? IntrinsicDimension { get; init; }

    /// <summary>How fast W2 falls along <see cref="Curve"/>; null with fewer than two points.</summary>
    public required DecayRate? Rate { get; init; }

    /// <summary>One allocation per total, ascending.</summary>
    public required IReadOnlyList<Allocation> Allocations { get; init; }
}

/// <summary>One class of a plan.</summary>
/// <param name="Name">Name.</param>
/// <param name="SampleCount">Samples, n_c.</param>
/// <param name="Curve">Its own curve, at the same numbers of points.</param>
/// <param name="IntrinsicDimension">Two-NN estimate; null where there is none.</param>
public sealed record ClassPlan(string Name, int SampleCount, IReadOnlyList<CurvePoint> Curve, double? IntrinsicDimension);

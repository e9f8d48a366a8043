using Ddoq.Quantization;

namespace Ddoq.Planning;

/// <summary>What a plan measures. Values check themselves when set.</summary>
public sealed record PlanOptions
{
    /// <summary>Numbers of points per class at which the curve is measured, ascending, from 1 up. Default: 1, 10, 50.</summary>
    public IReadOnlyList<int> ImagesPerClass { get; init => field = Ascending(value, nameof(ImagesPerClass)); } = [1, 10, 50];

    /// <summary>Totals of images to spread over the classes, ascending, from 1 up. Default: none, which means each of <see cref="ImagesPerClass"/> times the number of classes.</summary>
    public IReadOnlyList<int> Budgets { get; init => field = value.Count == 0 ? [] : Ascending(value, nameof(Budgets)); } = [];

    /// <summary>Images that each class gets at least when a total is spread, from 1 up. Default: 1.</summary>
    public int LeastPerClass
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "a class gets at least one image.");
    } = 1;

    /// <summary>Part of each class that is held out to judge centroids fitted to the rest, in [0, 1); 0 measures nothing on held-out samples. Default: 0.2.</summary>
    public double HeldOutShare
    {
        get;
        init => field = value is >= 0 and < 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "the share held out lies in [0, 1).");
    } = 0.2;

    /// <summary>
    /// Whether the distortion of each allocation is measured with the quantizer. Measured values sharpen the curves and the allocation is made once more; the best
    /// measured one is kept, the equal split among them. Default: true; otherwise gains are predictions from the curves.
    /// </summary>
    public bool Verify { get; init; } = true;

    /// <summary>
    /// Whether each number of points starts from the centroids of the number before (<see cref="Planning.WarmStart"/>), so that with Lloyd the curve never rises. Default:
    /// false, each starts afresh, as quantizing with that number would.
    /// </summary>
    public bool WarmStart { get; init; }

    /// <summary>Samples per class, drawn with the run's seed, that the intrinsic dimension is estimated from; 0 leaves it out. Default: 2,000.</summary>
    public int DimensionSamples
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "samples to estimate from are 0 or more.");
    } = 2000;

    /// <summary>How each class is quantized; its own number of points is not used.</summary>
    public QuantizerOptions Quantizer { get; init; } = new();

    private static IReadOnlyList<int> Ascending(IReadOnlyList<int> values, string name)
    {
        if (values.Count == 0) throw new ArgumentException($"{name} is empty.", name);
        for (var i = 0; i < values.Count; i++)
            if (values[i] < 1 || (i > 0 && values[i] <= values[i - 1])) throw new ArgumentException($"{name} must ascend from 1 up, found {values[i]}.", name);
        return values;
    }
}

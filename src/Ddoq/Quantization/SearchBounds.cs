using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ddoq.Quantization;

/// <summary>
/// For each sample an upper bound of the distance to its own centroid, and for each group of centroids a lower bound of the distance to those that are not its
/// own. When centroids move, the triangle inequality widens both. Rounding is always to the safe side.
/// </summary>
internal sealed class SearchBounds
{
    private const float Up = 1 + 4e-7f, Down = 1 - 4e-7f;

    private readonly CentroidPanels _panels;
    private readonly float[] _upper;
    private readonly float[][] _lower;
    private readonly float[] _drift;
    private readonly float[] _groupDrift;

    public SearchBounds(int samples, CentroidPanels panels, BoundKind kind)
    {
        (_panels, Kind) = (panels, kind);
        Groups = kind == BoundKind.One ? 1 : panels.PanelCount;
        Width = (Groups + 7) / 8 * 8;
        _upper = new float[samples];
        _lower = [.. Enumerable.Range(0, (samples + ScoreBlock.Rows - 1) / ScoreBlock.Rows).Select(_ => new float[ScoreBlock.Rows * Width])];
        foreach (var block in _lower) Array.Fill(block, float.PositiveInfinity);
        (_drift, _groupDrift) = (new float[panels.Count], new float[Width]);
    }

    public BoundKind Kind { get; }

    /// <summary>Groups of centroids: the panels, or one of all.</summary>
    public int Groups { get; }

    /// <summary>Groups rounded up to whole vectors; the surplus is infinitely far.</summary>
    public int Width { get; }

    /// <summary>Lower bounds of a sample, one for each group and the surplus.</summary>
    public Span<float> Lower(int sample) => _lower[sample / ScoreBlock.Rows].AsSpan(sample % ScoreBlock.Rows * Width, Width);

    /// <summary>Upper bound of a sample's distance to its own centroid.</summary>
    public ref float Upper(int sample) => ref _upper[sample];

    /// <summary>Notes how far each centroid moved since the last search.</summary>
    /// <param name="from">K x D.</param>
    /// <param name="to">K x D.</param>
    /// <param name="threads">Threads to use.</param>
    public void Move(double[] from, double[] to, int threads)
    {
        var d = _panels.Dimension;
        FixedBlocks.Run(_panels.Count, 4, threads, (start, end) =>
        {
            for (var k = start; k < end; k++) _drift[k] = RoundUp(Math.Sqrt(DistanceKernel.SquaredDistance(from.AsSpan(k * d, d), to.AsSpan(k * d, d))));
        });
        Array.Clear(_groupDrift);
        for (var place = 0; place < _panels.Count; place++)
        {
            ref var g = ref _groupDrift[Kind == BoundKind.One ? 0 : place / ProductKernel.PanelWidth];
            g = Math.Max(g, _drift[_panels.Order[place]]);
        }
    }

    /// <summary>Widens a sample's bounds by the last move; returns the lower ones.</summary>
    public Span<float> Widen(int sample, int label)
    {
        _upper[sample] = (_upper[sample] + _drift[label]) * Up;
        var lower = Lower(sample);
        ref var bound = ref MemoryMarshal.GetReference(lower);
        ref var drift = ref MemoryMarshal.GetArrayDataReference(_groupDrift);
        var down = Vector256.Create(Down);
        for (nuint g = 0; g < (nuint)Width; g += 8)
            Vector256.MaxNative((Vector256.LoadUnsafe(ref bound, g) - Vector256.LoadUnsafe(ref drift, g)) * down, Vector256<float>.Zero).StoreUnsafe(ref bound, g);
        return lower;
    }

    /// <summary>Makes the next search look at all centroids for this sample.</summary>
    public void Forget(int sample)
    {
        _upper[sample] = float.PositiveInfinity;
        Lower(sample)[..Groups].Clear();
    }

    /// <summary>The root of a squared distance that lies at most <paramref name="squared"/>, from above.</summary>
    public static float RootFromAbove(double squared) => RoundUp(Math.Sqrt(Math.Max(0, squared)));

    /// <summary>The same from below.</summary>
    public static float RootFromBelow(double squared) => (float)Math.Sqrt(Math.Max(0, squared)) * Down;

    /// <summary>The same for many distances at once: value + offset, the offset a lower bound.</summary>
    public static void RootsFromBelow(Span<float> values, float offset)
    {
        TensorPrimitives.Add(values, offset, values);
        TensorPrimitives.Max(values, 0f, values);
        TensorPrimitives.Sqrt(values, values);
        TensorPrimitives.Multiply(values, Down, values);
    }

    private static float RoundUp(double value) => (float)(value * (1 + 1e-12)) * Up;
}

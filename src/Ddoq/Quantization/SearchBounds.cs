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
        DriftOfPlace = new float[panels.Width];
        (_drift, _groupDrift) = (new float[panels.Count], new float[Width]);
    }

    public BoundKind Kind { get; }

    /// <summary>Groups of centroids: the panels, or one of all.</summary>
    public int Groups { get; }

    /// <summary>Groups rounded up to whole vectors; the surplus is infinitely far.</summary>
    public int Width { get; }

    /// <summary>Lower bounds of a sample, one for each group and the surplus.</summary>
    public Span<float> Lower(int sample) => _lower[sample / ScoreBlock.Rows].AsSpan(sample % ScoreBlock.Rows * Width, Width);

    /// <summary>How far the centroid in each place went before the last search; 0 where there is none.</summary>
    public float[] DriftOfPlace { get; }

    /// <summary>Upper bound of a sample's distance to its own centroid.</summary>
    public ref float Upper(int sample) => ref _upper[sample];

    /// <summary>Notes how far each centroid moved since the last search.</summary>
    /// <param name="from">K x D.</param>
    /// <param name="to">K x D.</param>
    /// <param name="threads">Threads to use.</param>
    public void Move(double[] from, double[] to, int threads)
    {
        var d = from.Length / _panels.Count;
        FixedBlocks.Run(_panels.Count, 4, threads, (start, end) =>
        {
            for (var k = start; k < end; k++) _drift[k] = RoundUp(Math.Sqrt(DistanceKernel.SquaredDistance(from.AsSpan(k * d, d), to.AsSpan(k * d, d))));
        });
        for (var place = 0; place < _panels.Count; place++) DriftOfPlace[place] = _drift[_panels.Order[place]];
        Array.Clear(_groupDrift);
        for (var place = 0; place < _panels.Count; place++)
        {
            ref var g = ref _groupDrift[Kind == BoundKind.One ? 0 : place / ProductKernel.PanelWidth];
            g = Math.Max(g, DriftOfPlace[place]);
        }
    }

    /// <summary>Whether a centroid moved before the last search.</summary>
    public bool HasMoved(int centroid) => _drift[centroid] > 0;

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

    /// <inheritdoc cref="RootFromBelow(double)" />
    public static float RootFromBelow(float squared) => MathF.Sqrt(MathF.Max(0, squared)) * Down;

    private static float RoundUp(double value) => (float)(value * (1 + 1e-12)) * Up;
}

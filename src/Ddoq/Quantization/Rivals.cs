namespace Ddoq.Quantization;

/// <summary>
/// For each sample the few centroids that came nearest without being its own, each with a lower bound of its own distance. The bound of a panel falls by the longest
/// way that one of 16 centroids went; those that matter most deserve better.
/// </summary>
internal sealed class Rivals
{
    /// <summary>Rivals of a sample.</summary>
    public const int Count = 4;

    private const float Down = 1 - 4e-7f;

    private readonly int[] _places;
    private readonly float[] _lower;

    /// <param name="samples">N.</param>
    public Rivals(int samples)
    {
        (_places, _lower) = (new int[samples * Count], new float[samples * Count]);
        Array.Fill(_lower, float.PositiveInfinity);
    }

    /// <summary>Places of a sample's rivals.</summary>
    public Span<int> Places(int sample) => _places.AsSpan(sample * Count, Count);

    /// <summary>Place of one of them; null where there is no rival.</summary>
    public int? PlaceOf(int sample, int rival) => float.IsFinite(Lower(sample)[rival]) ? Places(sample)[rival] : null;

    /// <summary>Lower bounds of their distances; infinite where there is no rival.</summary>
    public Span<float> Lower(int sample) => _lower.AsSpan(sample * Count, Count);

    /// <summary>Lowers the bounds by the way that each centroid went.</summary>
    /// <param name="sample">Sample.</param>
    /// <param name="drift">For each place.</param>
    public void Widen(int sample, float[] drift)
    {
        var bounds = Lower(sample);
        var places = Places(sample);
        for (var r = 0; r < Count; r++) bounds[r] = Math.Max((bounds[r] - drift[places[r]]) * Down, 0);
    }

    /// <summary>Forgets a sample's rivals.</summary>
    public void Forget(int sample) => Lower(sample).Fill(float.PositiveInfinity);

    /// <summary>Takes a rival in the place of the farthest, if it lies nearer. Returns the one left out, at infinity if none had to go.</summary>
    public (int Place, float Lower) Take(int sample, int place, float lower)
    {
        var bounds = Lower(sample);
        var farthest = 0;
        for (var r = 1; r < Count; r++)
            if (bounds[r] > bounds[farthest]) farthest = r;
        if (!(lower < bounds[farthest])) return (place, lower);
        var left = (Places(sample)[farthest], bounds[farthest]);
        (Places(sample)[farthest], bounds[farthest]) = (place, lower);
        return left;
    }
}

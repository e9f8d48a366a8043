namespace Ddoq.Quantization;

/// <summary>Contractions of one matrix of samples, made when they are first asked for and kept.</summary>
/// <param name="samples">Samples.</param>
internal sealed class Contractions(CentredSamples samples)
{
    // From here on 64 numbers a row cost less than the distances that they save beyond 32.
    private const int ManyCentroids = 100;

    // Fewer dimensions for each number of a contraction leave too little to save.
    private const int LeastRatio = 6;

    // With less of the samples' squared length in the span than this beyond what noise would have there, bounds do not separate centroids.
    private const double LeastShare = 0.4;

    private readonly Lock _making = new();
    private readonly Dictionary<int, Contraction?> _made = [];
    private readonly Dictionary<int, ContractedRows> _rows = [];

    /// <summary>A contraction that suits so many centroids; null where it would keep too little of the samples or save too little.</summary>
    /// <param name="centroids">K.</param>
    /// <param name="always">Whether to make one all the same.</param>
    public Contraction? For(int centroids, bool always = false)
    {
        var width = centroids < ManyCentroids ? 32 : 64;
        if ((long)samples.Count * width > Array.MaxLength || (!always && samples.Dimension < LeastRatio * width)) return null;
        lock (_making)
        {
            if (_made.TryGetValue(width, out var made) && (made is not null || !always)) return made;
            var directions = PrincipalDirections.Of(samples, width - 1, always ? null : LeastShare);
            return _made[width] = directions is null ? null : new Contraction(directions, samples.Threads);
        }
    }

    /// <summary>The samples, contracted: N x width.</summary>
    /// <param name="contraction">One of these.</param>
    public ContractedRows Rows(Contraction contraction)
    {
        lock (_making)
        {
            if (_rows.TryGetValue(contraction.Width, out var rows)) return rows;
            rows = _rows[contraction.Width] = new ContractedRows(contraction, samples, i => samples.SquaredNorms[i], samples.Count, samples.Threads);
            rows.Fill();
            return rows;
        }
    }
}

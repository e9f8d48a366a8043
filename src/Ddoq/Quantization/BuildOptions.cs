namespace Ddoq.Quantization;

/// <summary>How a codebook is built: what decides time and memory, never the result.</summary>
public sealed record BuildOptions
{
    /// <summary>Threads; 0 for all processors. Default: 0.</summary>
    public int Threads { get; init => field = NotNegative(value); }

    /// <summary>
    /// Bytes of samples that are in memory at once; 0 for half of what the machine has available. The working arrays come on top: about 20 bytes per sample, in many dimensions
    /// up to 300 and half of the samples' bytes, and 50 per number of a class's centroids. A class that is larger stays in its file and is read once per pass. Default: 0.
    /// </summary>
    public long Memory { get; init => field = NotNegative(value); }

    /// <summary>Where finished classes are kept, and found again by a later run; null to keep none. Default: null.</summary>
    public CodebookParts? Parts { get; init; }

    private static T NotNegative<T>(T value) where T : System.Numerics.INumber<T>
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        return value;
    }
}

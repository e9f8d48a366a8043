namespace Ddoq.Distilled;

/// <summary>
/// Where a distilled set comes from: everything that its manifest says beyond the images themselves.
/// It holds no clock and no machine name, so equal work gives equal bytes (apart from <see cref="Seconds"/>, which the caller may leave empty).
/// </summary>
public sealed record Provenance
{
    /// <summary>Method that chose and made the images, for instance "ddoq", "d4m", "random".</summary>
    public required string Method { get; init; }

    /// <summary>Version of the tool that made the set.</summary>
    public required string ToolVersion { get; init; }

    /// <summary>Points asked for per class, K; at least 1. A class may hold fewer images if its source had fewer.</summary>
    public required int ImagesPerClass { get; init; }

    /// <summary>Rule by which cell counts became loss factors, for instance "square-root".</summary>
    public required string WeightRule { get; init; }

    /// <summary>The data set that was distilled.</summary>
    public required SourceDataset Source { get; init; }

    /// <summary>Pixel mean and standard deviation of the source's training images.</summary>
    public required PixelNormalisation Normalisation { get; init; }

    /// <summary>Seeds by name; "root" is the run's own. Empty when nothing was drawn.</summary>
    public IReadOnlyDictionary<string, ulong> Seeds { get; init; } = new SortedDictionary<string, ulong>(StringComparer.Ordinal);

    /// <summary>Models that took part: encoder, prior, teacher.</summary>
    public IReadOnlyList<ModelReference> Models { get; init; } = [];

    /// <summary>Options of the stages as text, for instance "quantize.algorithm" = "lloyd".</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Wall-clock seconds by stage; empty when not measured.</summary>
    public IReadOnlyDictionary<string, double> Seconds { get; init; } = new SortedDictionary<string, double>(StringComparer.Ordinal);
}

/// <summary>The data set that was distilled, by name, content and terms.</summary>
/// <param name="Name">Name for people, for instance "fashion-mnist".</param>
/// <param name="Fingerprint">SHA-256 over names, labels and content (<see cref="Datasets.IImageDataset.Fingerprint"/>).</param>
/// <param name="Licence">Licence note of the source, which the distilled set inherits; "unknown" when the caller does not know.</param>
public sealed record SourceDataset(string Name, string Fingerprint, string Licence);

/// <summary>A model that took part in making the set.</summary>
/// <param name="Role">"encoder", "prior" or "teacher".</param>
/// <param name="Name">Name for people.</param>
/// <param name="Sha256">Hash of its weights, lower-case hexadecimal.</param>
public sealed record ModelReference(string Role, string Name, string Sha256);

/// <summary>Per-channel mean and standard deviation for pixels scaled to [0, 1]: students see (pixel / 255 - mean) / deviation.</summary>
/// <param name="Mean">One finite value per channel.</param>
/// <param name="StandardDeviation">One finite value above 0 per channel.</param>
public sealed record PixelNormalisation(IReadOnlyList<double> Mean, IReadOnlyList<double> StandardDeviation);

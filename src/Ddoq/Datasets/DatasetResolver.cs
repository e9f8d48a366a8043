using Ddoq.Distilled;
using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>Opens whatever an option that names a data set may mean.</summary>
public static class DatasetResolver
{
    // Asked in this order: names before paths, telling files before the folder that could be anything.
    private static readonly IDatasetFormat[] Formats =
        [new FashionMnistFormat(), new IdxPairFormat(), new IdxFolderFormat(), new CifarFormat(), new DistilledSetFormat(), new ImageFolderFormat()];

    /// <summary>What <see cref="Open"/> accepts, one phrase each, for help texts.</summary>
    public static IReadOnlyList<string> Accepted { get; } = [.. Formats.Select(f => f.Accepts)];

    /// <summary>Opens a data set.</summary>
    /// <param name="spec">A built-in name, a path, or two paths with a comma; <c>:test</c> or <c>:train</c> after it chooses the part.</param>
    /// <param name="options">Size, channels, threads, memory.</param>
    /// <param name="progress">Told of reading and fetching.</param>
    /// <param name="cancellation">Stops reading and fetching.</param>
    /// <exception cref="BadInputException">Nothing of that name or path, or the data are bad.</exception>
    /// <exception cref="WorkFailedException">A built-in set could not be obtained.</exception>
    public static IImageDataset Open(
        string spec, DatasetOptions options, IProgress<StageProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(spec);
        var request = Parse(spec, options);
        var format = Array.Find(Formats, f => f.Recognises(request)) ?? throw Unknown(request);
        return format.Open(request, progress, cancellation);
    }

    private static DatasetRequest Parse(string spec, DatasetOptions options)
    {
        if (!Path.Exists(spec))
        {
            if (spec.EndsWith(":test", StringComparison.Ordinal)) return new DatasetRequest(spec, spec[..^5], DatasetPart.Test, options);
            if (spec.EndsWith(":train", StringComparison.Ordinal)) return new DatasetRequest(spec, spec[..^6], DatasetPart.Train, options);
        }
        return new DatasetRequest(spec, spec, null, options);
    }

    private static BadInputException Unknown(DatasetRequest request)
    {
        var found = File.Exists(request.Location) ? "it is a single file" + (IsArchive(request.Location) ? ", an archive: unpack it first" : "") : "there is no such file or folder";
        var hint = LooksLikeFashionMnist(request.Location) ? $" Did you mean {FashionMnist.Name}?" : "";
        return new BadInputException($"'{request.Spec}' is no data set: {found}.{hint} Accepted: {string.Join("; ", Accepted)}.");
    }

    private static bool IsArchive(string path) =>
        new[] { ".zip", ".tar", ".gz", ".tgz", ".xz", ".zst", ".7z" }.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    private static bool LooksLikeFashionMnist(string name) =>
        string.Concat(name.Where(char.IsLetter)).ToLowerInvariant() is "fashionmnist" or "fmnist" or "fashion";
}

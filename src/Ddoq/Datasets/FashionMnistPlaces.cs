using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>Where Fashion-MNIST is looked for and fetched from, in the order of these properties.</summary>
public sealed record FashionMnistPlaces
{
    /// <summary>
    /// The data set's published location (the bucket that its README names, over HTTPS). The files behind it are pinned by SHA-256,
    /// so a mirror given by DDOQ_FASHION_MNIST_URL is as good.
    /// </summary>
    public const string OfficialAddress = "https://fashion-mnist.s3.eu-central-1.amazonaws.com/";

    /// <summary>A folder that the user named: nothing else is tried. Null if none.</summary>
    public string? Folder { get; init; }

    /// <summary>Where Debian's package dataset-fashion-mnist puts the files.</summary>
    public string DebianFolder { get; init; } = "/usr/share/datasets/fashion-mnist";

    /// <summary>Where fetched files are kept.</summary>
    public string CacheFolder { get; init; } = Path.Combine(Path.GetTempPath(), "ddoq", "fashion-mnist");

    /// <summary>The program that downloads the Debian package; skipped where it is missing.</summary>
    public string AptGet { get; init; } = "apt-get";

    /// <summary>The program that unpacks the Debian package; skipped where it is missing.</summary>
    public string DpkgDeb { get; init; } = "dpkg-deb";

    /// <summary>Address under which the four .gz files lie, http or https.</summary>
    /// <exception cref="ArgumentException">The address is not absolute, or neither http nor https.</exception>
    public Uri Address
    {
        get;
        init => field = value is { IsAbsoluteUri: true, Scheme: "http" or "https" } ? value
            : throw new ArgumentException($"'{value}' is no http or https address.", nameof(Address));
    } = new(OfficialAddress);

    /// <summary>Whether anything may be fetched. Default true.</summary>
    public bool AllowNetwork { get; init; } = true;

    /// <summary>
    /// Places as the environment names them: DDOQ_FASHION_MNIST (a folder), DDOQ_CACHE, else XDG_CACHE_HOME/ddoq, else ~/.cache/ddoq
    /// (for fetched files), DDOQ_FASHION_MNIST_URL (an address).
    /// </summary>
    /// <param name="variable">Reads a variable; null for the process's environment.</param>
    /// <exception cref="UsageException">DDOQ_FASHION_MNIST_URL is no http or https address.</exception>
    public static FashionMnistPlaces FromEnvironment(Func<string, string?>? variable = null)
    {
        string? Value(string name) => (variable ?? Environment.GetEnvironmentVariable)(name) is { Length: > 0 } text ? text : null;
        return new FashionMnistPlaces
        {
            Folder = Value("DDOQ_FASHION_MNIST"),
            CacheFolder = Path.Combine(Cache(Value), "fashion-mnist"),
            Address = ParseAddress(Value("DDOQ_FASHION_MNIST_URL") ?? OfficialAddress),
        };
    }

    private static string Cache(Func<string, string?> value)
    {
        if (value("DDOQ_CACHE") is { } own) return own;
        if (value("XDG_CACHE_HOME") is { } shared) return Path.Combine(shared, "ddoq");
        return value("HOME") is { } home ? Path.Combine(home, ".cache", "ddoq") : Path.Combine(Path.GetTempPath(), "ddoq");
    }

    private static Uri ParseAddress(string text)
    {
        // A missing last '/' would drop the last folder when file names are appended.
        if (Uri.TryCreate(text.EndsWith('/') ? text : text + "/", UriKind.Absolute, out var address) && address.Scheme is "http" or "https") return address;
        throw new UsageException($"DDOQ_FASHION_MNIST_URL is '{text}', which is no http or https address. Correct or unset it.");
    }
}

using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>
/// Fashion-MNIST (Xiao, Rasul, Vollgraf 2017): 60,000 training and 10,000 test images, 1 x 28 x 28, 10 classes. Found on disk, or obtained as
/// Debian's package or by download, and verified by SHA-256 in each case (under a second).
/// </summary>
public static class FashionMnist
{
    /// <summary>The built-in name; <c>:test</c> after it means the test images.</summary>
    public const string Name = "fashion-mnist";

    /// <summary>Names of the ten classes in label order.</summary>
    public static IReadOnlyList<string> ClassNames { get; } =
        ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

    /// <summary>Opens a part, trying in order: the folder that the user named (alone), Debian's package, the cache, apt-get, download.</summary>
    /// <param name="part">Training or test images.</param>
    /// <param name="places">Where to look.</param>
    /// <param name="progress">Told of everything that is fetched, in bytes.</param>
    /// <param name="cancellation">Stops a fetch.</param>
    /// <exception cref="BadInputException">The folder that the user named lacks the files or holds others.</exception>
    /// <exception cref="WorkFailedException">No place has them; the message lists each place with its reason.</exception>
    public static InMemoryDataset Open(
        DatasetPart part, FashionMnistPlaces places, IProgress<StageProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (places.Folder is { } named) return OpenNamed(named, part);
        var reasons = new List<string>();
        foreach (var (place, obtain) in Sources(places, part, progress, cancellation))
        {
            try
            {
                return Load(obtain(), part);
            }
            catch (DdoqException e)
            {
                reasons.Add($"{place}: {e.Message}");
            }
        }
        throw NotFound(places, reasons);
    }

    private static IEnumerable<(string Place, Func<string> Obtain)> Sources(
        FashionMnistPlaces places, DatasetPart part, IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        yield return ("Debian's folder", () => places.DebianFolder);
        yield return ("cache", () => places.CacheFolder);
        if (!places.AllowNetwork) yield break;
        yield return ("Debian's package by apt-get", () => new DebianPackage(places).Fetch(progress, cancellation));
        yield return ("download", () => Download(places, part, progress, cancellation));
    }

    private static InMemoryDataset Load(string folder, DatasetPart part)
    {
        var (images, labels) = FashionMnistFile.Of(part);
        var (imagesPath, labelsPath) = (images.Find(folder), labels.Find(folder));
        var name = part == DatasetPart.Train ? Name : $"{Name}:test";
        return IdxReader.Combine(name, images.Read(imagesPath), labels.Read(labelsPath), ClassNames);
    }

    private static InMemoryDataset OpenNamed(string folder, DatasetPart part)
    {
        try
        {
            return Load(folder, part);
        }
        catch (BadInputException e)
        {
            throw new BadInputException($"Fashion-MNIST was to be read from '{folder}' (given by option or DDOQ_FASHION_MNIST), but: {e.Message} Correct the folder, or leave it out to have the files found or fetched.", e);
        }
    }

    private static string Download(FashionMnistPlaces places, DatasetPart part, IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        var (images, labels) = FashionMnistFile.Of(part);
        foreach (var file in new[] { labels, images })
        {
            var target = Path.Combine(places.CacheFolder, file.CompressedName);
            if (File.Exists(target) && file.Matches(target)) continue;
            new ResumableDownload(new Uri(places.Address, file.CompressedName), target, 2 * file.OfficialLength, file.Matches).Fetch(progress, cancellation);
        }
        return places.CacheFolder;
    }

    private static WorkFailedException NotFound(FashionMnistPlaces places, List<string> reasons)
    {
        if (!places.AllowNetwork) reasons.Add("apt-get and download: switched off");
        var list = string.Concat(reasons.Select((r, i) => $"\n  {i + 1}. {r}"));
        return new WorkFailedException(
            $"Fashion-MNIST was neither found nor obtained. Tried in this order:{list}\n" +
            "Install Debian's package dataset-fashion-mnist, or put the four files train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, " +
            $"t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz into '{places.CacheFolder}' or a folder named by DDOQ_FASHION_MNIST.");
    }
}

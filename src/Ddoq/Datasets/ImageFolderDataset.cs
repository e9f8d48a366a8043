using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>
/// A folder of class folders, decoded anew at each read: for sets larger than the memory budget. Files are read in the shape that
/// the headers promised when it was opened; one that has changed since is refused. Fingerprint: one decode of everything.
/// </summary>
public sealed class ImageFolderDataset : IImageDataset
{
    private readonly ImageFolder _folder;
    private readonly DatasetOptions _options;
    private readonly Lazy<string> _fingerprint;

    private ImageFolderDataset(string name, ImageFolder folder, ImageShape shape, DatasetOptions options)
    {
        (Name, _folder, Shape, _options) = (name, folder, shape, options);
        _fingerprint = new Lazy<string>(() => DatasetFingerprint.Of(this, _options.Threads));
    }

    /// <inheritdoc />
    public string Name { get; }

    /// <inheritdoc />
    public IReadOnlyList<string> ClassNames => _folder.ClassNames;

    /// <inheritdoc />
    public ImageShape Shape { get; }

    /// <inheritdoc />
    public int Count => _folder.Paths.Count;

    /// <inheritdoc />
    public ReadOnlyMemory<int> Labels => _folder.Labels;

    /// <inheritdoc />
    public string Fingerprint => _fingerprint.Value;

    /// <summary>
    /// Opens a folder of class folders with PNG, JPEG, WebP or BMP images: in memory if the decoded pixels fit the budget, else on demand.
    /// The result does not depend on the number of threads.
    /// </summary>
    /// <param name="name">Name of the data set.</param>
    /// <param name="folder">The folder; its subfolders are the classes, in ordinal order of their names.</param>
    /// <param name="options">Size, channels, threads, budget.</param>
    /// <param name="progress">Told of headers and images read, and of what was ignored.</param>
    /// <param name="cancellation">Checked for every image.</param>
    /// <exception cref="BadInputException">No class folder, an empty class, an unreadable image, or images of different sizes without <see cref="DatasetOptions.ImageSize"/>.</exception>
    public static IImageDataset Open(
        string name, string folder, DatasetOptions options, IProgress<StageProgress>? progress = null, CancellationToken cancellation = default)
    {
        var scan = ImageFolder.Scan(folder, options.FollowLinks);
        var headers = ReadHeaders(scan, options, progress, cancellation);
        if (options.ImageSize is null) RequireOneSize(scan, headers);
        var stored = headers[0].Shape with { Channels = Array.TrueForAll(headers, h => h.StoredGrey) ? 1 : 3 };
        var dataset = new ImageFolderDataset(name, scan, ImageFraming.Target(stored, options), options);
        var bytes = (long)dataset.Count * dataset.Shape.Size;
        return bytes <= Math.Min(options.MemoryBudget, Array.MaxLength) ? dataset.Load(progress, cancellation) : dataset;
    }

    /// <inheritdoc />
    public void Read(int index, Span<byte> pixels)
    {
        var path = _folder.PathOf(index);
        var image = ImageCodec.Decode(path, Shape.Channels);
        if (_options.ImageSize is null && image.Shape != Shape)
            throw new BadInputException($"image '{path}' is {image.Shape} now; it was {Shape} when the data set was opened. Leave the files alone while they are read, and start again.");
        ImageFraming.Frame(image.Pixels, image.Shape, Shape, _options.Filter, path).CopyTo(pixels);
    }

    private InMemoryDataset Load(IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        var pixels = GC.AllocateUninitializedArray<byte>(Count * Shape.Size);
        var counter = new ProgressCounter("read images", Count, progress);
        OrderedParallel.For(Count, _options.Threads, cancellation, i =>
        {
            Read(i, pixels.AsSpan(i * Shape.Size, Shape.Size));
            counter.Add();
        });
        return new InMemoryDataset(Name, ClassNames, Shape, pixels, _folder.Labels);
    }

    private static ImageHeader[] ReadHeaders(ImageFolder scan, DatasetOptions options, IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        var headers = new ImageHeader[scan.Paths.Count];
        var counter = new ProgressCounter("read image headers", headers.Length, progress);
        OrderedParallel.For(headers.Length, options.Threads, cancellation, i =>
        {
            headers[i] = ImageCodec.ReadHeader(scan.PathOf(i));
            counter.Add();
        });
        counter.Finish(Remarks(scan, headers));
        return headers;
    }

    private static string Remarks(ImageFolder scan, ImageHeader[] headers)
    {
        var remarks = new List<string>();
        var (turned, animated) = (headers.Count(h => h.Turned), headers.Count(h => h.Frames > 1));
        if (scan.Ignored > 0) remarks.Add($"{scan.Ignored} other files or folders ignored");
        if (turned > 0) remarks.Add($"{turned} with EXIF orientation, read unturned");
        if (animated > 0) remarks.Add($"{animated} animated, first frame read");
        return string.Join("; ", remarks);
    }

    private static void RequireOneSize(ImageFolder scan, ImageHeader[] headers)
    {
        var (height, width) = (headers[0].Height, headers[0].Width);
        var other = Array.FindIndex(headers, h => h.Height != height || h.Width != width);
        if (other < 0) return;
        var sizes = headers.Select(h => (h.Height, h.Width)).Distinct().Count();
        throw new BadInputException($"images of different sizes: '{scan.PathOf(0)}' is {width}x{height}, '{scan.PathOf(other)}' is {headers[other].Width}x{headers[other].Height} ({sizes} sizes in all). Pass --image-size N to resize and crop all of them to N x N.");
    }
}

using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Tests.Datasets;

public sealed class ImageFolderDatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_MixedFormats_GivesClassesInOrdinalOrderAndTheWrittenPixels()
    {
        // Ordinal: upper case before lower case, '10' before '9'.
        var b = Write("b/1.png", ImageFormat.Png, 1);
        var upper = Write("B/x.webp", ImageFormat.WebP, 2);
        var nine = Write("9/deep/er.bmp", ImageFormat.Bmp, 3);
        var ten = Write("10/wrong-extension.jpg", ImageFormat.Png, 4);
        var set = Open();
        Assert.Equal(["10", "9", "B", "b"], set.ClassNames);
        Assert.Equal([0, 1, 2, 3], set.Labels.ToArray());
        Assert.Equal([.. ten, .. nine, .. upper, .. b], Assert.IsType<InMemoryDataset>(set).Pixels.ToArray());
    }

    [Fact]
    public void Open_AnyThreadsOrBudget_GivesTheSameBits()
    {
        for (var i = 0; i < 60; i++) Write($"class{i % 3}/{i}.png", i % 2 == 0 ? ImageFormat.Png : ImageFormat.Jpeg, (ulong)i, 9 + i % 5, 12);
        var reference = Open(new DatasetOptions { ImageSize = 8, Threads = 1 });
        var threaded = Open(new DatasetOptions { ImageSize = 8, Threads = 4 });
        var onDemand = Open(new DatasetOptions { ImageSize = 8, Threads = 3, MemoryBudget = 0 });
        Assert.IsType<ImageFolderDataset>(onDemand);
        Assert.Equal(reference.Fingerprint, threaded.Fingerprint);
        Assert.Equal(reference.Fingerprint, onDemand.Fingerprint);
        var (a, b) = (new byte[reference.Shape.Size], new byte[reference.Shape.Size]);
        for (var i = 0; i < reference.Count; i++)
        {
            reference.Read(i, a);
            onDemand.Read(i, b);
            Assert.Equal(a, b);
        }
    }

    [Fact]
    public void Open_AllGrey_GivesOneChannelElseThree()
    {
        File.WriteAllBytes(_folder.File("a", "1.png"), ImageCodec.EncodePng([1, 2, 3, 4], new ImageShape(1, 2, 2)));
        Assert.Equal(new ImageShape(1, 2, 2), Open().Shape);
        Assert.Equal(new ImageShape(3, 2, 2), Open(new DatasetOptions { Channels = 3 }).Shape);
        Write("a/2.png", ImageFormat.Png, 1, 2, 2);
        Assert.Equal(new ImageShape(3, 2, 2), Open().Shape);
        Assert.Equal(new ImageShape(1, 2, 2), Open(new DatasetOptions { Channels = 1 }).Shape);
    }

    [Fact]
    public void Open_ImageSize_EqualsResizeAndCropOfTheDecodedImage()
    {
        var pixels = Write("a/1.png", ImageFormat.Png, 1, 20, 31);
        var set = Assert.IsType<InMemoryDataset>(Open(new DatasetOptions { ImageSize = 16, Filter = ResizeFilter.Bicubic }));
        Assert.Equal(PillowResize.ShortSideThenCentreCrop(pixels, new ImageShape(3, 20, 31), 16, ResizeFilter.Bicubic), set.Pixels.ToArray());
    }

    [Fact]
    public void Open_DifferentSizes_NamesBothFilesAndSizesAndTheOption()
    {
        Write("a/1.png", ImageFormat.Png, 1, 5, 6);
        Write("a/2.png", ImageFormat.Png, 1, 7, 6);
        var message = Assert.Throws<BadInputException>(() => Open()).Message;
        foreach (var part in new[] { "a/1.png", "6x5", "a/2.png", "6x7", "--image-size" }) Assert.Contains(part, message);
    }

    [Fact]
    public void Open_Junk_IsIgnoredAndCounted()
    {
        Write("a/1.png", ImageFormat.Png, 1);
        foreach (var junk in new[] { "a/.DS_Store", "a/Thumbs.db", "__MACOSX/a/._1.png", "a/notes.txt", "readme.md", ".git/config" })
            File.WriteAllText(_folder.File(junk), "x");
        var scan = ImageFolder.Scan(_folder.Path);
        Assert.Equal(["a/1.png"], scan.Paths);
        Assert.Equal(6, scan.Ignored);
        var seen = new Recorder();
        Open(progress: seen);
        Assert.Contains(seen.Reports, r => r.Note == "6 other files or folders ignored");
    }

    [Fact]
    public void Open_ImageWithoutExtension_IsFoundByItsContent()
    {
        var (bytes, _) = SampleImages.Rgb(ImageFormat.Png, 4, 4);
        File.WriteAllBytes(_folder.File("a", "image"), bytes);
        Assert.Equal(1, Open().Count);
    }

    [Fact]
    public void Open_EmptyClass_NamesIt()
    {
        Write("a/1.png", ImageFormat.Png, 1);
        Directory.CreateDirectory(Path.Combine(_folder.Path, "nothing"));
        Assert.Contains("'nothing'", Assert.Throws<BadInputException>(() => Open()).Message);
    }

    [Fact]
    public void Open_NoClassFolder_SaysWhatIsExpected()
    {
        Assert.Contains("no class folders", Assert.Throws<BadInputException>(() => Open()).Message);
        Write("1.png", ImageFormat.Png, 1);
        Assert.Contains("no class folders but 1 image", Assert.Throws<BadInputException>(() => Open()).Message);
    }

    [Fact]
    public void Open_DamagedImages_NamesTheFirstForAnyThreads()
    {
        for (var i = 10; i < 40; i++) Write($"a/{i}.png", ImageFormat.Png, (ulong)i);
        foreach (var i in new[] { 13, 14, 37 }) File.WriteAllBytes(_folder.File("a", $"{i}.png"), SampleImages.Rgb(ImageFormat.Png, 6, 5).File[..60]);
        foreach (var threads in new[] { 1, 2, 8 })
            Assert.Contains("a/13.png", Assert.Throws<BadInputException>(() => Open(new DatasetOptions { Threads = threads })).Message);
    }

    [Fact]
    public void Open_TextNamedJpg_IsRefused()
    {
        Write("a/1.png", ImageFormat.Png, 1);
        File.WriteAllText(_folder.File("a", "2.jpg"), "no picture");
        Assert.Contains("2.jpg", Assert.Throws<BadInputException>(() => Open()).Message);
    }

    [Fact]
    public void Read_FileChangedSinceOpened_IsRefused()
    {
        Write("a/1.png", ImageFormat.Png, 1);
        var set = Open(new DatasetOptions { MemoryBudget = 0 });
        Write("a/1.png", ImageFormat.Png, 1, 9, 9);
        Assert.Contains("was opened", Assert.Throws<BadInputException>(() => set.Read(0, new byte[set.Shape.Size])).Message);
    }

    [Fact]
    public void Scan_Links_AreRefusedWhenTheyLeadOutOrToFolders()
    {
        Write("set/a/1.png", ImageFormat.Png, 1);
        Write("outside/2.png", ImageFormat.Png, 2);
        var root = Path.Combine(_folder.Path, "set");
        File.CreateSymbolicLink(Path.Combine(root, "a", "inside.png"), Path.Combine(root, "a", "1.png"));
        Assert.Equal(2, ImageFolder.Scan(root).Paths.Count);
        File.CreateSymbolicLink(Path.Combine(root, "a", "out.png"), Path.Combine(_folder.Path, "outside", "2.png"));
        Assert.Contains("leads out", Assert.Throws<BadInputException>(() => ImageFolder.Scan(root)).Message);
        Assert.Equal(3, ImageFolder.Scan(root, followLinks: true).Paths.Count);
        File.Delete(Path.Combine(root, "a", "out.png"));
        Directory.CreateSymbolicLink(Path.Combine(root, "a", "loop"), root);
        Assert.Contains("link to a folder", Assert.Throws<BadInputException>(() => ImageFolder.Scan(root)).Message);
        Assert.Contains("loop", Assert.Throws<BadInputException>(() => ImageFolder.Scan(root, followLinks: true)).Message);
    }

    [Fact]
    public void Open_ThinImage_IsRefusedForResizing()
    {
        File.WriteAllBytes(_folder.File("a", "thin.png"), ImageCodec.EncodePng(new byte[60_000], new ImageShape(1, 1, 60_000)));
        Assert.Equal(new ImageShape(1, 1, 60_000), Open().Shape);
        Assert.Contains("thin.png", Assert.Throws<BadInputException>(() => Open(new DatasetOptions { ImageSize = 512 })).Message);
    }

    [Fact]
    public void Open_Cancelled_Stops()
    {
        Write("a/1.png", ImageFormat.Png, 1);
        Assert.ThrowsAny<OperationCanceledException>(() =>
            ImageFolderDataset.Open("set", _folder.Path, new DatasetOptions(), cancellation: new CancellationToken(canceled: true)));
    }

    private IImageDataset Open(DatasetOptions? options = null, IProgress<StageProgress>? progress = null) =>
        ImageFolderDataset.Open("set", _folder.Path, options ?? new DatasetOptions(), progress, TestContext.Current.CancellationToken);

    private byte[] Write(string path, ImageFormat format, ulong seed, int height = 6, int width = 5)
    {
        var (bytes, pixels) = SampleImages.Rgb(format, height, width, seed);
        File.WriteAllBytes(_folder.File(path.Split('/')), bytes);
        return pixels;
    }
}

/// <summary>Keeps what was reported, at once and in order.</summary>
internal sealed class Recorder : IProgress<StageProgress>
{
    private readonly List<StageProgress> _reports = [];

    public IReadOnlyList<StageProgress> Reports
    {
        get
        {
            lock (_reports) return [.. _reports];
        }
    }

    public void Report(StageProgress value)
    {
        lock (_reports) _reports.Add(value);
    }
}

using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Tests.Datasets;

public sealed class DatasetResolverTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "")]
    [InlineData("train-images.idx3-ubyte", "train-labels.idx1-ubyte", ":train")]
    [InlineData("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", ":test")]
    [InlineData("emnist-letters-test-images-idx3-ubyte", "emnist-letters-test-labels-idx1-ubyte", ":test")]
    public void Open_IdxFolder_TakesThePart(string images, string labels, string part)
    {
        WriteIdx(images, labels);
        var set = Open(_folder.Path + part);
        Assert.Equal((2, new ImageShape(1, 2, 3)), (set.Count, set.Shape));
    }

    [Fact]
    public void Open_IdxFolderGzipAndPlain_TakesOne()
    {
        WriteIdx("train-images-idx3-ubyte", "train-labels-idx1-ubyte");
        File.WriteAllBytes(_folder.File("train-images-idx3-ubyte.gz"), Idx.Gzip(File.ReadAllBytes(_folder.File("train-images-idx3-ubyte"))));
        Assert.Equal(2, Open(_folder.Path).Count);
    }

    [Fact]
    public void Open_IdxFolderWithoutTestPart_SaysWhatIsMissing()
    {
        WriteIdx("train-images-idx3-ubyte", "train-labels-idx1-ubyte");
        Assert.Contains("t10k-images-idx3-ubyte", Assert.Throws<BadInputException>(() => Open(_folder.Path + ":test")).Message);
    }

    [Fact]
    public void Open_IdxPair_SplitsAtTheRightComma()
    {
        WriteIdx("a,b", "c,d");
        Assert.Equal(2, Open($"{_folder.File("a,b")},{_folder.File("c,d")}").Count);
    }

    [Fact]
    public void Open_IdxWithImageSizeAndChannels_ConvertsEveryImage()
    {
        WriteIdx("train-images-idx3-ubyte", "train-labels-idx1-ubyte");
        var set = Open(_folder.Path, new DatasetOptions { ImageSize = 4, Channels = 3, Threads = 2 });
        Assert.Equal(new ImageShape(3, 4, 4), set.Shape);
        var pixels = new byte[48];
        set.Read(0, pixels);
        var plane = PillowResize.ShortSideThenCentreCrop([0, 1, 2, 3, 4, 5], new ImageShape(1, 2, 3), 4, ResizeFilter.Bilinear);
        Assert.Equal([.. plane, .. plane, .. plane], pixels);
    }

    [Fact]
    public void Open_CifarFolder_TakesThePart()
    {
        File.WriteAllBytes(_folder.File("test_batch.bin"), new byte[3073]);
        var set = Open(_folder.Path + ":test");
        Assert.Equal((1, new ImageShape(3, 32, 32)), (set.Count, set.Shape));
    }

    [Fact]
    public void Open_ClassFolders_AndPartsOfThem()
    {
        foreach (var path in new[] { "train/cat/1.png", "train/dog/1.png", "val/cat/2.png" })
            File.WriteAllBytes(_folder.File(path.Split('/')), ImageCodec.EncodePng([7], new ImageShape(1, 1, 1)));
        Assert.Equal(["cat", "dog"], Open(_folder.Path).ClassNames);
        Assert.Equal(["cat"], Open(_folder.Path + ":test").ClassNames);
        Assert.Equal(["cat", "dog"], Open(Path.Combine(_folder.Path, "train")).ClassNames);
        Assert.Contains("asks for a part", Assert.Throws<BadInputException>(() => Open(Path.Combine(_folder.Path, "train") + ":test")).Message);
    }

    [Theory]
    [InlineData("no-such-thing", "no such file")]
    [InlineData("FashionMNIST", "Did you mean fashion-mnist")]
    public void Open_Unknown_ListsWhatIsAccepted(string spec, string said)
    {
        var message = Assert.Throws<BadInputException>(() => Open(spec)).Message;
        Assert.Contains(said, message);
        Assert.All(DatasetResolver.Accepted, accepted => Assert.Contains(accepted, message));
    }

    [Fact]
    public void Open_Archive_SaysUnpack()
    {
        File.WriteAllText(_folder.File("cifar-10-binary.tar.gz"), "x");
        Assert.Contains("unpack it", Assert.Throws<BadInputException>(() => Open(_folder.File("cifar-10-binary.tar.gz"))).Message);
    }

    private static IImageDataset Open(string spec, DatasetOptions? options = null) =>
        DatasetResolver.Open(spec, options ?? new DatasetOptions(), cancellation: TestContext.Current.CancellationToken);

    private void WriteIdx(string images, string labels)
    {
        File.WriteAllBytes(_folder.File(images), Idx.Bytes([2, 2, 3], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));
        File.WriteAllBytes(_folder.File(labels), Idx.Bytes([2], [0, 1]));
    }
}

using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Tests.Datasets;

public sealed class FashionMnistTests : IDisposable
{
    private const string Debian = "/usr/share/datasets/fashion-mnist";
    private static readonly string[] TestFiles = ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"];

    private readonly TemporaryFolder _folder = new();
    private readonly LoopbackServer _server = new();

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("fashion-mnist", 60_000)]
    [InlineData("fashion-mnist:train", 60_000)]
    [InlineData("fashion-mnist:test", 10_000)]
    public void Open_ByName_GivesTheVerifiedSet(string spec, int count)
    {
        RequireFiles();
        var options = new DatasetOptions { FashionMnist = Nowhere() with { DebianFolder = Debian } };
        var set = DatasetResolver.Open(spec, options, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal((count, new ImageShape(1, 28, 28)), (set.Count, set.Shape));
        Assert.Equal("Ankle boot", set.ClassNames[9]);
        Assert.All(set.Labels.ToArray().CountBy(l => l), c => Assert.Equal(count / 10, c.Value));
    }

    [Fact]
    public void Open_NamedFolderUnpacked_IsAccepted()
    {
        RequireFiles();
        foreach (var name in TestFiles) Unpack(name, _folder.File("own", name[..^3]));
        Assert.Equal(10_000, Open(Nowhere() with { Folder = Path.Combine(_folder.Path, "own") }).Count);
    }

    [Fact]
    public void Open_NamedFolderWithoutFiles_IsRefusedWithoutTryingElsewhere()
    {
        var message = Assert.Throws<BadInputException>(() => Open(Nowhere() with { Folder = _folder.Path, DebianFolder = Debian })).Message;
        Assert.Contains(_folder.Path, message);
        Assert.Contains("DDOQ_FASHION_MNIST", message);
    }

    [Fact]
    public void Open_OneChangedPixel_IsRefusedByChecksum()
    {
        RequireFiles();
        foreach (var name in TestFiles) Unpack(name, _folder.File("own", name[..^3]));
        var path = _folder.File("own", "t10k-images-idx3-ubyte");
        var bytes = File.ReadAllBytes(path);
        bytes[5000] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Contains("SHA-256", Assert.Throws<BadInputException>(() => Open(Nowhere() with { Folder = Path.Combine(_folder.Path, "own") })).Message);
    }

    [Fact]
    public void Open_ByDownload_GoesOnAfterAnInterruptionAndThenUsesTheCache()
    {
        RequireFiles();
        foreach (var name in TestFiles) _server.Files[name] = File.ReadAllBytes(Path.Combine(Debian, name));
        _server.CutAfter[1] = 1_000_000;
        var seen = new Recorder();
        Assert.Equal(10_000, Open(Nowhere(), seen).Count);
        Assert.Equal(["t10k-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz from 1000000"], _server.Requests);
        Assert.Contains(seen.Reports, r => r is { Stage: "download", Unit: "bytes" } && r.Done == r.Total);
        Assert.Equal(10_000, Open(Nowhere()).Count);
        Assert.Equal(3, _server.Requests.Count);
        Assert.DoesNotContain(Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories), f => f.EndsWith(".partial"));
    }

    [Fact]
    public void Open_DownloadOfOtherFiles_IsRefusedAndRemoved()
    {
        foreach (var name in TestFiles) _server.Files[name] = Idx.Gzip(Idx.Bytes([3], [1, 2, 3]));
        var message = Assert.Throws<WorkFailedException>(() => Open(Nowhere())).Message;
        Assert.Contains("pinned checksum", message);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_folder.Path, "cache"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Open_NothingWorks_ListsEveryPlaceWithItsReason()
    {
        var message = Assert.Throws<WorkFailedException>(() => Open(Nowhere())).Message;
        foreach (var part in new[] { "1. Debian's folder: no t10k", "2. cache: no t10k", "3. Debian's package by apt-get: there is no", "4. download:", "HTTP 404", "Install", "DDOQ_FASHION_MNIST" })
            Assert.Contains(part, message);
    }

    [Fact]
    public void Open_NetworkForbidden_FetchesNothing()
    {
        Assert.Contains("switched off", Assert.Throws<WorkFailedException>(() => Open(Nowhere() with { AllowNetwork = false })).Message);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public void Open_ByAptGet_DownloadsUnpacksAndCaches()
    {
        RequireFiles();
        var places = Nowhere() with { AptGet = Script("apt-get", "echo package > dataset-fashion-mnist_1_all.deb"), DpkgDeb = Script("dpkg-deb", $"mkdir -p \"$3/usr/share\" && cp {Debian}/*.gz \"$3/usr/share/\"") };
        var seen = new Recorder();
        Assert.Equal(10_000, Open(places, seen).Count);
        Assert.Contains(seen.Reports, r => r.Stage == "fetch Debian package");
        Assert.Equal(4, Directory.GetFileSystemEntries(places.CacheFolder).Length);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public void Open_AptGetWithoutLists_FetchesListsIntoTheCacheAndTriesAgain()
    {
        RequireFiles();
        // Fails until an update with lists of its own has been made.
        var apt = Script("apt-get", "case \"$*\" in *Dir::State=*update) touch updated;; *) test -e updated || { echo 'E: Unable to locate package' >&2; exit 100; }; touch d.deb;; esac");
        var places = Nowhere() with { AptGet = apt, DpkgDeb = Script("dpkg-deb", $"mkdir -p \"$3\" && cp {Debian}/*.gz \"$3/\"") };
        Assert.Equal(10_000, Open(places).Count);
    }

    [Fact]
    public void Open_AptGetFails_SaysItsLastLineAndGoesOnToTheDownload()
    {
        var places = Nowhere() with { AptGet = Script("apt-get", "echo 'E: no such luck' >&2; exit 100"), DpkgDeb = Script("dpkg-deb", "exit 0") };
        var message = Assert.Throws<WorkFailedException>(() => Open(places)).Message;
        Assert.Contains("exit code 100: E: no such luck", message);
        Assert.Contains("4. download", message);
    }

    [Fact]
    public void FromEnvironment_Variables_NameThePlaces()
    {
        FashionMnistPlaces With(params (string, string)[] values) => FashionMnistPlaces.FromEnvironment(name => values.FirstOrDefault(v => v.Item1 == name).Item2);
        Assert.Equal("/own/fashion-mnist", With(("DDOQ_CACHE", "/own"), ("XDG_CACHE_HOME", "/xdg"), ("HOME", "/home/a")).CacheFolder);
        Assert.Equal("/xdg/ddoq/fashion-mnist", With(("XDG_CACHE_HOME", "/xdg"), ("HOME", "/home/a")).CacheFolder);
        Assert.Equal("/home/a/.cache/ddoq/fashion-mnist", With(("HOME", "/home/a")).CacheFolder);
        Assert.Equal("/data", With(("DDOQ_FASHION_MNIST", "/data")).Folder);
        Assert.Equal("http://mirror/files/", With(("DDOQ_FASHION_MNIST_URL", "http://mirror/files")).Address.ToString());
        Assert.Contains("ftp://x", Assert.Throws<UsageException>(() => With(("DDOQ_FASHION_MNIST_URL", "ftp://x"))).Message);
    }

    private static void RequireFiles()
    {
        if (!Directory.Exists(Debian)) Assert.Skip($"Debian's package dataset-fashion-mnist is not installed: no '{Debian}'.");
    }

    private static InMemoryDataset Open(FashionMnistPlaces places, IProgress<StageProgress>? progress = null) =>
        FashionMnist.Open(DatasetPart.Test, places, progress, TestContext.Current.CancellationToken);

    // Places that hold nothing and reach nothing but the loopback server.
    private FashionMnistPlaces Nowhere() => new()
    {
        DebianFolder = Path.Combine(_folder.Path, "debian"),
        CacheFolder = Path.Combine(_folder.Path, "cache"),
        AptGet = Path.Combine(_folder.Path, "no-apt-get"),
        DpkgDeb = Path.Combine(_folder.Path, "no-dpkg-deb"),
        Address = _server.Address,
    };

    private string Script(string name, string body)
    {
        var path = _folder.File(name);
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private static void Unpack(string name, string target)
    {
        using var source = new System.IO.Compression.GZipStream(File.OpenRead(Path.Combine(Debian, name)), System.IO.Compression.CompressionMode.Decompress);
        using var file = File.Create(target);
        source.CopyTo(file);
    }
}

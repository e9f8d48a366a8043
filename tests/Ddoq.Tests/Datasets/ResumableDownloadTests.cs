using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Tests.Datasets;

public sealed class ResumableDownloadTests : IDisposable
{
    private static readonly byte[] Content = SampleImages.Noise(300_000);

    private readonly TemporaryFolder _folder = new();
    private readonly LoopbackServer _server = new();

    public ResumableDownloadTests() => _server.Files["file"] = Content;

    private string Target => Path.Combine(_folder.Path, "cache", "file");

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Fetch_InterruptedTwice_GoesOnFromWhatHasArrived()
    {
        (_server.CutAfter[0], _server.CutAfter[1]) = (100_000, 50_000);
        Fetch();
        Assert.Equal(Content, File.ReadAllBytes(Target));
        Assert.Equal(["file", "file from 100000", "file from 150000"], _server.Requests);
    }

    [Fact]
    public void Fetch_InterruptedForGood_KeepsThePartForTheNextRun()
    {
        for (var i = 0; i < 4; i++) _server.CutAfter[i] = 10_000;
        Assert.Contains("run again", Assert.Throws<WorkFailedException>(Fetch).Message);
        Assert.False(File.Exists(Target));
        Assert.Equal(40_000, new FileInfo(Target + ".partial").Length);
        Fetch();
        Assert.Equal(Content, File.ReadAllBytes(Target));
        Assert.Equal("file from 40000", _server.Requests[^1]);
        Assert.False(File.Exists(Target + ".partial"));
    }

    [Fact]
    public void Fetch_ServerIgnoresRanges_StartsAnew()
    {
        _server.IgnoreRanges = true;
        _server.CutAfter[0] = 100_000;
        Fetch();
        Assert.Equal(Content, File.ReadAllBytes(Target));
    }

    [Fact]
    public void Fetch_PartIsWholeAlready_OnlyRenames()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Target)!);
        File.WriteAllBytes(Target + ".partial", Content);
        Fetch();
        Assert.Equal(Content, File.ReadAllBytes(Target));
        Assert.Equal(["file from 300000"], _server.Requests);
    }

    [Fact]
    public void Fetch_PartOfAnotherFile_IsFetchedAnewOnce()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Target)!);
        File.WriteAllBytes(Target + ".partial", new byte[1000]);
        Fetch();
        Assert.Equal(Content, File.ReadAllBytes(Target));
        Assert.Equal(["file from 1000", "file"], _server.Requests);
    }

    [Fact]
    public void Fetch_WrongContent_IsRefusedAndRemoved()
    {
        _server.Files["file"] = new byte[300_000];
        Assert.Contains("pinned checksum", Assert.Throws<WorkFailedException>(Fetch).Message);
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(Target)!));
    }

    [Fact]
    public void Fetch_EndlessContent_IsGivenUp()
    {
        _server.Files["file"] = new byte[2_000_000];
        Assert.Contains("longer than 400000", Assert.Throws<WorkFailedException>(Fetch).Message);
    }

    [Fact]
    public void Fetch_NotThere_FailsAtOnceWithTheStatus()
    {
        _server.Files.Clear();
        Assert.Contains("404", Assert.Throws<WorkFailedException>(Fetch).Message);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public void Fetch_ServerErrorOnce_TriesAgain()
    {
        _server.Status[0] = 503;
        Fetch();
        Assert.Equal(2, _server.Requests.Count);
    }

    [Fact]
    public void Fetch_NobodyListens_SaysSo()
    {
        _server.Dispose();
        Assert.Throws<WorkFailedException>(Fetch);
        Assert.False(File.Exists(Target));
    }

    [Fact]
    public void Fetch_Cancelled_Stops() =>
        Assert.ThrowsAny<OperationCanceledException>(() => Download().Fetch(null, new CancellationToken(canceled: true)));

    private void Fetch() => Download().Fetch(null, TestContext.Current.CancellationToken);

    private ResumableDownload Download() =>
        new(new Uri(_server.Address, "file"), Target, 400_000, path => File.ReadAllBytes(path).AsSpan().SequenceEqual(Content)) { Pause = TimeSpan.Zero };
}

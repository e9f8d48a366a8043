namespace Ddoq.Cli.Tests.Eng;

public sealed class LibtorchFolderTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("ddoq-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void Gather_LibraryThatNeedsTheFlag_SourceStaysAsItWas()
    {
        var source = Write("cache/libLibTorchSharp.so", SyntheticElf.With("GLIBCXX_3.4.32"));
        var before = File.ReadAllBytes(source);

        LibtorchFolder.Gather([source], Folder);

        Assert.Equal(before, File.ReadAllBytes(source));
        Assert.Equal(0, WeakGlibcxx.Mark(File.ReadAllBytes(Gathered("libLibTorchSharp.so"))));
    }

    [Fact]
    public void PlaceWeak_TargetIsLinkedToTheSource_SourceStaysAsItWas()
    {
        var source = Write("cache/libtorch.so", SyntheticElf.With("GLIBCXX_3.4.32"));
        LibtorchFolder.Gather([source], Folder); // a hard link: both names are one file
        var before = File.ReadAllBytes(source);

        LibtorchFolder.PlaceWeak(source, Gathered("libtorch.so"));

        Assert.Equal(before, File.ReadAllBytes(source));
        Assert.NotEqual(before, File.ReadAllBytes(Gathered("libtorch.so")));
    }

    [Fact]
    public void Gather_Twice_RewritesNothing()
    {
        var sources = new[] { Write("cache/libLibTorchSharp.so", SyntheticElf.With("GLIBCXX_3.4.32")), Write("cache/libc10.so", [1, 2, 3]) };
        LibtorchFolder.Gather(sources, Folder);
        var before = Times();

        LibtorchFolder.Gather(sources, Folder);

        Assert.Equal(before, Times());
        Assert.Empty(Directory.GetFiles(Folder, "*.new"));
    }

    [Fact]
    public void Gather_NewerSource_ReplacesTheOld()
    {
        LibtorchFolder.Gather([Write("old/libc10.so", [1, 2, 3])], Folder);
        LibtorchFolder.Gather([Write("new/libc10.so", [4, 5, 6, 7])], Folder);

        Assert.Equal([4, 5, 6, 7], File.ReadAllBytes(Gathered("libc10.so")));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(Path.Combine(_root.FullName, "old/libc10.so")));
    }

    private string Folder => Path.Combine(_root.FullName, "gathered");

    private string Gathered(string name) => Path.Combine(Folder, name);

    private (string, DateTime)[] Times() => [.. Directory.GetFiles(Folder, "lib*").Order().Select(file => (file, File.GetLastWriteTimeUtc(file)))];

    private string Write(string name, byte[] content)
    {
        var path = Path.Combine(_root.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }
}

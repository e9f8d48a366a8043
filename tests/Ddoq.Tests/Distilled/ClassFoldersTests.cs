using CsCheck;
using Ddoq.Distilled;

namespace Ddoq.Tests.Distilled;

public sealed class ClassFoldersTests
{
    [Theory]
    [InlineData("T-shirt/top", "0_T-shirt-top")]
    [InlineData("../../etc/passwd", "0_etc-passwd")]
    [InlineData("Käfer & co.", "0_K-fer-co")]
    [InlineData("日本", "0_class")]
    [InlineData("", "0_class")]
    [InlineData("...", "0_class")]
    [InlineData("a\nb,c\"d", "0_a-b-c-d")]
    public void NameOf_AnyName_IsASafeSlug(string name, string expected) => Assert.Equal(expected, ClassFolders.NameOf(0, [name]));

    [Fact]
    public void NameOf_AnyNames_OrdinalOrderIsLabelOrder() =>
        Gen.String.Array[1, 120].Sample(names =>
        {
            var folders = Enumerable.Range(0, names.Length).Select(c => ClassFolders.NameOf(c, names)).ToArray();
            Assert.Equal(folders, folders.Order(StringComparer.Ordinal));
            Assert.All(folders, f => Assert.Matches(@"\A[0-9]+_[A-Za-z0-9._-]{1,64}\z", f));
        }, iter: 50);

    [Fact]
    public void FileOf_ManyImages_OrdinalOrderIsRowOrder()
    {
        Assert.Equal("0_a/0_a_00007.png", ClassFolders.FileOf("0_a", 7, 10));
        Assert.Equal("0_a/0_a_000007.png", ClassFolders.FileOf("0_a", 7, 100_001));
        var names = new[] { 0, 9, 10, 99_999, 100_000 }.Select(i => ClassFolders.FileOf("0_a", i, 100_001)).ToArray();
        Assert.Equal(names, names.Order(StringComparer.Ordinal));
    }
}

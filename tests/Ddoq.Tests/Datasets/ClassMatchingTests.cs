using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Tests.Datasets;

public sealed class ClassMatchingTests
{
    private static readonly ImageShape Pixel = new(1, 1, 1);

    [Fact]
    public void Align_SameNames_GivesTheSetItself()
    {
        var test = Set(["a", "b"], [0, 1]);
        Assert.Same(test, ClassMatching.Align(["a", "b"], test));
    }

    [Fact]
    public void Align_OtherOrderOrFewerClasses_MovesLabelsByName()
    {
        var aligned = ClassMatching.Align(["a", "b", "c"], Set(["c", "a"], [0, 1, 0]));
        Assert.Equal([2, 0, 2], aligned.Labels.ToArray());
        Assert.Equal(["a", "b", "c"], aligned.ClassNames);
        var pixel = new byte[1];
        aligned.Read(1, pixel);
        Assert.Equal(1, pixel[0]);
        Assert.Equal(new InMemoryDataset("x", ["a", "b", "c"], Pixel, [0, 1, 2], [2, 0, 2]).Fingerprint, aligned.Fingerprint);
    }

    [Fact]
    public void Align_UnknownClass_NamesIt()
    {
        var message = Assert.Throws<BadInputException>(() => ClassMatching.Align(["a", "b"], Set(["a", "zebra"], [0, 1]))).Message;
        Assert.Contains("'zebra'", message);
        Assert.Contains("'a', 'b'", message);
    }

    [Fact]
    public void Align_UnknownClassWithoutImages_IsNoProblem() =>
        Assert.Equal([0, 0], ClassMatching.Align(["a"], Set(["a", "unused"], [0, 0])).Labels.ToArray());

    [Fact]
    public void RequireShape_OtherShape_NamesBoth()
    {
        ClassMatching.RequireShape(Pixel, Set(["a"], [0]));
        var message = Assert.Throws<BadInputException>(() => ClassMatching.RequireShape(new ImageShape(3, 8, 8), Set(["a"], [0]))).Message;
        Assert.Contains("1x1x1", message);
        Assert.Contains("3x8x8", message);
    }

    private static InMemoryDataset Set(string[] names, int[] labels) =>
        new("set", names, Pixel, [.. Enumerable.Range(0, labels.Length).Select(i => (byte)i)], labels);
}

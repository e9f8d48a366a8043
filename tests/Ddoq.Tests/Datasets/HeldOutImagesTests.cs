using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Tests.Datasets;

public sealed class HeldOutImagesTests
{
    private static readonly InMemoryDataset Data = new("d", ["a", "b"], new ImageShape(1, 1, 1), [.. Enumerable.Range(0, 9).Select(i => (byte)i)], [0, 1, 1, 0, 1, 0, 0, 1, 0]);

    [Fact]
    public void Split_TwoOfEachClass_TakesEveryImageOnceAndAlwaysTheSame()
    {
        var (train, validation) = HeldOutImages.Split(Data, 2);
        Assert.Equal((5, 4), (train.Count, validation.Count));
        Assert.Equal([0, 0, 1, 1], validation.Labels.ToArray().Order());
        Assert.Equal(Enumerable.Range(0, 9), Pixels(train).Concat(Pixels(validation)).Order());
        Assert.All(Pixels(validation).Zip(validation.Labels.ToArray()), p => Assert.Equal(Data.Labels.Span[p.First], p.Second));
        Assert.Equal(Pixels(validation), Pixels(HeldOutImages.Split(Data, 2).Validation));
        Assert.Equal(3, new[] { Data.Fingerprint, train.Fingerprint, validation.Fingerprint }.Distinct().Count());
    }

    [Fact]
    public void Split_WholeClass_IsRefused() => Assert.Contains("class 'b' has 4 images", Assert.Throws<BadInputException>(() => HeldOutImages.Split(Data, 4)).Message, StringComparison.Ordinal);

    private static int[] Pixels(IImageDataset data)
    {
        var pixel = new byte[1];
        return [.. Enumerable.Range(0, data.Count).Select(i =>
        {
            data.Read(i, pixel);
            return (int)pixel[0];
        })];
    }
}

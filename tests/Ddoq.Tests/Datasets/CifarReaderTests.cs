using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Tests.Datasets;

public sealed class CifarReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_Cifar10Train_JoinsTheFiveBatchesInOrder()
    {
        for (var i = 1; i <= 5; i++) Write($"data_batch_{i}.bin", Record([(byte)i], (ulong)i), Record([(byte)(i + 4)], (ulong)(i + 10)));
        var set = CifarReader.Read("cifar", _folder.Path);
        Assert.Equal([1, 5, 2, 6, 3, 7, 4, 8, 5, 9], set.Labels.ToArray());
        Assert.Equal(new ImageShape(3, 32, 32), set.Shape);
        Assert.Equal(SampleImages.Noise(3072, 13), set.Pixels.Slice(5 * 3072, 3072).ToArray());
        Assert.Equal("airplane", set.ClassNames[0]);
    }

    [Fact]
    public void Read_Cifar10NamesFile_GivesTheNames()
    {
        Write("test_batch.bin", Record([9], 1));
        File.WriteAllText(_folder.File("batches.meta.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
        Assert.Equal("abcdefghij", string.Concat(CifarReader.Read("cifar", _folder.Path, test: true).ClassNames));
    }

    [Fact]
    public void Read_Cifar100_TakesTheFineLabel()
    {
        Write("train.bin", Record([19, 99], 1), Record([3, 0], 2));
        File.WriteAllLines(_folder.File("fine_label_names.txt"), Enumerable.Range(0, 100).Select(i => $"class{i}"));
        var set = CifarReader.Read("cifar", _folder.Path);
        Assert.Equal([99, 0], set.Labels.ToArray());
        Assert.Equal("class99", set.ClassNames[99]);
        Assert.Equal(SampleImages.Noise(3072, 2), set.Pixels[3072..].ToArray());
    }

    [Fact]
    public void Read_MissingBatches_NamesThem()
    {
        foreach (var i in new[] { 1, 3, 5 }) Write($"data_batch_{i}.bin", Record([0], 1));
        Assert.Contains("lacks data_batch_2.bin, data_batch_4.bin", Assert.Throws<BadInputException>(() => CifarReader.Read("cifar", _folder.Path)).Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3072)]
    [InlineData(3074)]
    public void Read_NoWholeNumberOfRecords_IsRefused(int length)
    {
        File.WriteAllBytes(_folder.File("test_batch.bin"), new byte[length]);
        Assert.Contains($"has {length} bytes", Assert.Throws<BadInputException>(() => CifarReader.Read("cifar", _folder.Path, test: true)).Message);
    }

    [Fact]
    public void Read_LabelOutOfRange_NamesTheRecord()
    {
        Write("test_batch.bin", Record([9], 1), Record([10], 2));
        Assert.Contains("record 1", Assert.Throws<BadInputException>(() => CifarReader.Read("cifar", _folder.Path, test: true)).Message);
    }

    private static byte[] Record(byte[] labels, ulong seed) => [.. labels, .. SampleImages.Noise(3072, seed)];

    private void Write(string name, params byte[][] records) => File.WriteAllBytes(_folder.File(name), [.. records.SelectMany(r => r)]);
}

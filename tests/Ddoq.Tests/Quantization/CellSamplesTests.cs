using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed class CellSamplesTests : IDisposable
{
    private static readonly float[] Values = [0, 10, 1, 14, 2, 15, 16]; // two cells: rows 0, 2, 4 and 1, 3, 5, 6

    private readonly TemporaryFolder _folder = new();
    private readonly LatentStore _store;
    private readonly Codebook _book;

    public CellSamplesTests()
    {
        var description = new LatentStoreDescription { Shape = LatentShape.Vector(1), Precision = LatentPrecision.Float32, Encoder = "e", EncoderSha256 = "z", Dataset = "d", DatasetFingerprint = "p", ClassNames = ["a"] };
        using (var writer = LatentStoreWriter.Create(_folder["latents"], description))
        {
            for (var i = 0; i < Values.Length; i++) writer.Append(0, Values.AsSpan(i, 1), [100 + i]);
            writer.Finish();
        }
        _store = LatentStore.Open(_folder["latents"]);
        _book = CodebookBuilder.Build(_store, new QuantizerOptions { ImagesPerClass = 2 }, new SeedSequence(1));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Nearest_EveryCell_IsTheSampleNearestToItsCentroid() => Assert.Equal([102L, 103], CellSamples.Nearest(_book)[0].Order());

    [Fact]
    public void At_Rows_MoveTheCentroidsAndNothingElse()
    {
        var moved = _book.At([[106, 100]], _store).Classes[0];
        Assert.Equal([16f, 0f], moved.Centroids);
        Assert.Equal(_book.Classes[0].Counts, moved.Counts);
        Assert.Equal(_book.Classes[0].Weights, moved.Weights);
        Assert.Throws<ArgumentException>(() => _book.At([[100, 99]], _store));
    }

    // Over 4,000 seeds; 5 standard deviations of a binomial count.
    [Fact]
    public void Drawn_EverySampleOfACell_AsOftenAsAnyOther()
    {
        const int Seeds = 4000;
        var small = Array.IndexOf(_book.Classes[0].Counts, 3);
        var drawn = Enumerable.Range(0, Seeds).Select(s => CellSamples.Drawn(_book, _store, new SeedSequence((ulong)s))[0]).ToArray();
        foreach (var (cell, members) in new[] { (small, new long[] { 100, 102, 104 }), (1 - small, [101, 103, 105, 106]) })
        {
            var (share, times) = (1.0 / members.Length, drawn.CountBy(rows => rows[cell]).ToDictionary());
            Assert.Equal(members, times.Keys.Order());
            Assert.All(times.Values, n => Assert.Equal(Seeds * share, n, 5 * Math.Sqrt(Seeds * share * (1 - share))));
        }
        // Cells are drawn independently of each other: any pair occurs.
        Assert.Equal(12, drawn.Select(rows => (rows[0], rows[1])).Distinct().Count());
    }

    [Fact]
    public void Drawn_SameSeed_TheSameWhateverTheThreads() =>
        Assert.Equal(CellSamples.Drawn(_book, _store, new SeedSequence(7), 1)[0], CellSamples.Drawn(_book, _store, new SeedSequence(7), 2)[0]);
}

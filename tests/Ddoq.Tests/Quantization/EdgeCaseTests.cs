using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

/// <summary>The table "Unusual classes" of docs/formats.md: every algorithm, samples in memory and in a file.</summary>
public sealed class EdgeCaseTests : IDisposable
{
    private const int D = 3;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public enum Place
    {
        Memory,
        MemoryFloat64,
        File,
        FileFloat64,
    }

    public static TheoryData<QuantizerAlgorithm, Place> All => [.. from algorithm in Enum.GetValues<QuantizerAlgorithm>() from place in Enum.GetValues<Place>() select (algorithm, place)];

    private Samples Put(double[] values, Place place)
    {
        long[] shape = [values.Length / D, D];
        switch (place)
        {
            case Place.Memory: return new SampleMatrix(Array.ConvertAll(values, v => (float)v), D, name: "class 7 (Coat)");
            case Place.MemoryFloat64: return new DoubleMatrix(values, D, name: "class 7 (Coat)");
            case Place.File: NpyFile.Write<float>(_folder["x.npy"], Array.ConvertAll(values, v => (float)v), shape, replace: true); break;
            default: NpyFile.Write<double>(_folder["x.npy"], values, shape, replace: true); break;
        }
        return MappedSamples.Of(NpyFile.Open(_folder["x.npy"]), "class 7 (Coat)");
    }

    private ClassCodebook Fit(double[] values, int k, QuantizerAlgorithm algorithm, Place place, bool allowFewer = false)
    {
        using var samples = Put(values, place);
        return Quantizers.Create(new QuantizerOptions { ImagesPerClass = k, Algorithm = algorithm, AllowFewer = allowFewer }).Fit(samples, new SeedSequence(1), 7);
    }

    private static double[] Different(int count) => [.. Enumerable.Range(0, count * D).Select(i => Math.Round(10 * Math.Sin(i + 1), 2))];

    private static double[] Same(int count) => [.. Enumerable.Range(0, count * D).Select(i => 1.5 + i % D)];

    [Theory]
    [MemberData(nameof(All))]
    public void FewerSamplesThanPoints_RefusedUnlessAllowed(QuantizerAlgorithm algorithm, Place place)
    {
        var message = Assert.Throws<BadInputException>(() => Fit(Different(3), 4, algorithm, place)).Message;
        Assert.All(["class 7 (Coat)", "3 samples", "4", "--ipc 3", "--allow-fewer"], word => Assert.Contains(word, message));
        EverySampleIsAPoint(Fit(Different(3), 4, algorithm, place, allowFewer: true), Different(3));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void AsManySamplesAsPoints_EverySampleIsAPoint(QuantizerAlgorithm algorithm, Place place) => EverySampleIsAPoint(Fit(Different(5), 5, algorithm, place), Different(5));

    private static void EverySampleIsAPoint(ClassCodebook book, double[] values)
    {
        var n = values.Length / D;
        Assert.Equal(Enumerable.Repeat(1, n), book.Counts);
        Assert.All(book.Weights, w => Assert.Equal(1.0 / n, w, 1e-12));
        Assert.Equal(Enumerable.Range(0, n).Select(i => (long)i), book.NearestSample.Order());
        for (var k = 0; k < n; k++) Assert.Equal(values.AsSpan((int)book.NearestSample[k] * D, D).ToArray().Select(v => (float)v), book.Centroid(k).ToArray());
        Assert.Equal(0, book.Distortion, 1e-12); // float32 centroids of float64 samples
    }

    [Theory]
    [MemberData(nameof(All))]
    public void OneSample_IsThePoint(QuantizerAlgorithm algorithm, Place place)
    {
        var book = Fit(Same(1), 1, algorithm, place);
        Assert.Equal([1.5f, 2.5f, 3.5f], book.Centroids);
        Assert.Equal((1, 1.0, 0.0), (book.Counts.Single(), book.Weights.Single(), book.Distortion));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void OnlyDuplicates_OnePointStandsForAll(QuantizerAlgorithm algorithm, Place place)
    {
        var book = Fit(Same(9), 3, algorithm, place);
        Assert.Equal((3, 9, 0.0), (book.Count, book.Counts.Sum(), book.Distortion));
        Assert.Equal(1, book.Weights.Sum(), 1e-12);
        for (var k = 0; k < 3; k++) Assert.Equal([1.5f, 2.5f, 3.5f], book.Centroid(k).ToArray());
        if (algorithm == QuantizerAlgorithm.Balanced) Assert.All(book.Weights, w => Assert.Equal(1.0 / 3, w, 1e-12)); // whoever asks for equal weights gets them
        else Assert.Equal([9, 0, 0], book.Counts); // ties go to the lowest index
        Assert.Equal(algorithm == QuantizerAlgorithm.Balanced ? 3 : 1, Fit(Same(9), 3, algorithm, place, allowFewer: true).Count);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void FewerDifferentSamplesThanPoints_EmptyCellsAreKeptOrDropped(QuantizerAlgorithm algorithm, Place place)
    {
        double[] values = [.. Same(4), .. Different(2), .. Same(4)]; // three different ones
        if (algorithm == QuantizerAlgorithm.Balanced) return; // has no empty cells: see above
        var book = Fit(values, 5, algorithm, place);
        Assert.Equal((5, 2, 0.0), (book.Count, book.EmptyCells, Math.Round(book.Distortion, 12)));
        Assert.Equal([0, 0, 1, 1, 8], book.Counts.Order());
        Assert.All(book.Counts.Zip(book.Weights), pair => Assert.Equal(pair.First / 10.0, pair.Second, 1e-12));
        Assert.Equal([1, 1, 8], Fit(values, 5, algorithm, place, allowFewer: true).Counts.Order());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void CellThatStartsEmpty_EndsWithASample(QuantizerAlgorithm algorithm, Place place)
    {
        var values = Different(30);
        using var samples = Put(values, place);
        float[] start = [.. values[..(2 * D)].Select(v => (float)v), 1e6f, 1e6f, 1e6f];
        var options = new QuantizerOptions { ImagesPerClass = 3, Algorithm = algorithm, Initialization = QuantizerInitialization.Supplied, InitialCentroids = start };
        var book = Quantizers.Create(options).Fit(samples, new SeedSequence(1), 7);
        Assert.Equal((0, 30), (book.EmptyCells, book.Counts.Sum()));
        Assert.All(book.Centroids, v => Assert.InRange(v, -10, 10));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void NotFinite_RefusedWithClassRowAndElement(QuantizerAlgorithm algorithm, Place place)
    {
        foreach (var bad in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
        {
            var values = Different(700); // more rows than one block, and than the centre is taken from
            values[611 * D + 2] = bad;
            values[650 * D] = double.NaN;
            var message = Assert.Throws<BadInputException>(() => Fit(values, 4, algorithm, place)).Message;
            Assert.All(["class 7 (Coat)", "row 611", "element 2", "finite"], word => Assert.Contains(word, message));
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void TooLarge_RefusedWithClassRowAndElement(QuantizerAlgorithm algorithm, Place place)
    {
        var isDouble = place is Place.MemoryFloat64 or Place.FileFloat64;
        foreach (var large in isDouble ? [2e15, -1e300] : new[] { 2e15, -3e38 })
        {
            var values = Different(20);
            values[11 * D + 1] = large;
            var message = Assert.Throws<BadInputException>(() => Fit(values, 4, algorithm, place)).Message;
            Assert.All(["class 7 (Coat)", "row 11", "element 1", "magnitude", "Rescale"], word => Assert.Contains(word, message));
        }
        var permitted = Different(20);
        permitted[11 * D + 1] = 1e15;
        Assert.Equal(20, Fit(permitted, 4, algorithm, place).Counts.Sum());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Empty_RefusedUnlessAllowed(QuantizerAlgorithm algorithm, Place place)
    {
        Assert.Contains("class 7 (Coat) has 0 samples", Assert.Throws<BadInputException>(() => Fit([], 1, algorithm, place)).Message);
        var book = Fit([], 1, algorithm, place, allowFewer: true);
        Assert.Equal((0, 0, 0.0), (book.Count, book.SampleCount, book.Distortion));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Float64FarFromZero_KeepsItsDigits(QuantizerAlgorithm algorithm, Place place)
    {
        // Half of the samples lie 0.5 beside the others, at 1e9, where float32 numbers are 64 apart. The point, a float32, is 1e9.
        if (place is Place.Memory or Place.File) return;
        double[] values = [.. Enumerable.Range(0, 20).SelectMany(i => Enumerable.Repeat(1e9 + (i % 2 == 0 ? 0 : 0.5), D))];
        Assert.Equal(D * 0.5 * 0.25, Fit(values, 1, algorithm, place).Distortion, 1e-9);
    }
}

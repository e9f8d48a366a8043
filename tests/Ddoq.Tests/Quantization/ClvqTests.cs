using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed class ClvqTests
{
    private static readonly SeedSequence Seeds = new(7);

    [Fact]
    [Trait("golden", "cluster")]
    public void Learn_GoldenTraces_AreFollowedStepByStep()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Golden.File("cluster", "online_traces.json")));
        Assert.NotEmpty(json.RootElement.EnumerateObject());
        foreach (var @case in json.RootElement.EnumerateObject()) Follow(@case.Value, StepOf(@case.Value));
    }

    private static void Follow(JsonElement @case, StepSize step)
    {
        var rows = @case.GetProperty("init").EnumerateArray().Select(r => r.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.String ? Fraction(v.GetString()!) : v.GetDouble()).ToArray()).ToArray();
        var learner = new CompetitiveLearner(rows.SelectMany(r => r).ToArray(), rows[0].Length, step);
        foreach (var expected in @case.GetProperty("trace").EnumerateArray())
        {
            var x = expected.GetProperty("sample").EnumerateArray().Select(v => Fraction(v.GetString()!)).ToArray();
            Assert.Equal(Fraction(expected.GetProperty("sq_distance").GetString()!), rows.Select((_, k) => SquaredDistance(x, learner.Positions.Slice(k * x.Length, x.Length))).Min(), 1e-12);
            Assert.Equal(expected.GetProperty("winner").GetInt32(), learner.Learn(x));
            Assert.Equal(Fraction(expected.GetProperty("gamma").GetString()!), learner.LastStep, 1e-12);
            AssertClose(expected.GetProperty("centers"), learner.Positions.ToArray());
            if (expected.GetProperty("counts") is { ValueKind: JsonValueKind.Array } counts) AssertMasses(counts, step, learner);
            if (expected.GetProperty("weights") is { ValueKind: JsonValueKind.Array } weights) AssertClose(weights, learner.Masses.ToArray());
        }
    }

    // Masses hold the start's count too, as the trace's counts do.
    private static void AssertMasses(JsonElement counts, StepSize step, CompetitiveLearner learner)
    {
        Assert.True(step.IsMacQueen);
        Assert.Equal(counts.EnumerateArray().Select(v => v.GetDouble()), learner.Masses.ToArray());
    }

    // a / (b + t + 1) is the classical rule with g0 = a / (b + 1) and b = 1. The rule's text says its numbers.
    private static StepSize StepOf(JsonElement @case)
    {
        var rule = @case.GetProperty("rule").GetString()!;
        if (Regex.Match(rule, @"n_j starts at (\d+)") is { Success: true } macQueen) return StepSize.MacQueen(Number(macQueen.Groups[1]));
        var classical = Regex.Match(rule, @"a = ([\d.]+), b = ([\d.]+\d|\d)");
        Assert.True(classical.Success, rule);
        var (a, b) = (Number(classical.Groups[1]), Number(classical.Groups[2]));
        return StepSize.Classical(a / (b + 1), a, 1);
    }

    private static double Number(Group text) => double.Parse(text.Value, CultureInfo.InvariantCulture);

    private static double SquaredDistance(double[] x, ReadOnlySpan<double> c)
    {
        var sum = 0.0;
        for (var j = 0; j < x.Length; j++) sum += (x[j] - c[j]) * (x[j] - c[j]);
        return sum;
    }

    [Fact]
    public void Fit_NormalSamples_ComesCloseToLloyd()
    {
        var random = new SplitMix(2);
        var samples = new SampleMatrix(Enumerable.Range(0, 20000).Select(_ => (float)random.NextGaussian()).ToArray(), 1);
        var lloyd = new LloydQuantizer(new QuantizerOptions { ImagesPerClass = 5, Tolerance = 0, MaxIterations = 1000 }).Fit(samples, Seeds, 0).Distortion;
        foreach (var step in new[] { StepSize.MacQueen(), StepSize.Classical() })
        {
            var book = new ClvqQuantizer(Options(5) with { StepSize = step }).Fit(samples, Seeds, 0);
            Assert.InRange(book.Distortion, lloyd * (1 - 1e-9), lloyd * 1.05);
            Assert.Equal(20000, book.Counts.Sum());
        }
    }

    [Fact]
    public void Fit_MacQueenOnce_KeepsEveryCentroidTheMeanOfWhatItWon()
    {
        // One centroid and a start that counts for nothing: one pass must give the mean, in any order.
        var samples = Draws.Blobs(101, 4, 2);
        var book = new ClvqQuantizer(Options(1) with { StepSize = StepSize.MacQueen(0), Passes = 1 }).Fit(samples, Seeds, 0);
        for (var j = 0; j < 4; j++) Assert.Equal(Enumerable.Range(0, 101).Average(i => (double)samples.Row(i)[j]), book.Centroids[j], 1e-6);
    }

    [Fact]
    public void Fit_StreamingMasses_SumToOneAndLieNearTheFinalOnes()
    {
        var samples = Draws.Blobs(3000, 2, 3);
        foreach (var step in new[] { StepSize.MacQueen(), StepSize.Classical() })
        {
            var options = Options(3) with { StepSize = step };
            var final = new ClvqQuantizer(options).Fit(samples, Seeds, 0);
            var streamed = new ClvqQuantizer(options with { Masses = MassEstimate.Streaming }).Fit(samples, Seeds, 0);
            Assert.Equal(final.Centroids, streamed.Centroids);
            Assert.Equal(final.Counts, streamed.Counts);
            Assert.NotEqual(final.Weights, streamed.Weights);
            Assert.Equal(1, streamed.Weights.Sum(), 1e-12);
            for (var k = 0; k < 3; k++) Assert.Equal(final.Weights[k], streamed.Weights[k], 0.05);
        }
    }

    [Fact]
    public void Fit_MoreThreads_HasTheSameBits()
    {
        var samples = Draws.Blobs(800, 20, 4);
        var one = new ClvqQuantizer(Options(6), 1).Fit(samples, Seeds, 0);
        var two = new ClvqQuantizer(Options(6), 2).Fit(samples, Seeds, 0);
        Assert.Equal(one.Centroids, two.Centroids);
        Assert.Equal(one.Weights, two.Weights);
    }

    [Fact]
    public void Fit_SampleWithoutMass_MovesNothing()
    {
        var samples = new SampleMatrix(new float[] { 0, 1, 1000 }, 1, new double[] { 1, 1, 0 });
        foreach (var step in new[] { StepSize.MacQueen(), StepSize.Classical() })
            Assert.InRange(new ClvqQuantizer(Options(1) with { StepSize = step }).Fit(samples, Seeds, 0).Centroids[0], 0, 1);
    }

    private static QuantizerOptions Options(int k) => new() { ImagesPerClass = k, Algorithm = QuantizerAlgorithm.Clvq };

    private static void AssertClose(JsonElement expected, double[] found)
    {
        var values = expected.EnumerateArray().SelectMany(v => v.ValueKind == JsonValueKind.Array ? v.EnumerateArray().ToArray() : [v]).Select(v => Fraction(v.GetString()!)).ToArray();
        Assert.Equal(values.Length, found.Length);
        for (var i = 0; i < values.Length; i++) Assert.Equal(values[i], found[i], 1e-12);
    }

    private static double Fraction(string text)
    {
        var parts = text.Split('/').Select(t => double.Parse(t, CultureInfo.InvariantCulture)).ToArray();
        return parts.Length == 1 ? parts[0] : parts[0] / parts[1];
    }
}

using System.Text.Json;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed class ClvqTests
{
    private static readonly SeedSequence Seeds = new(7);

    [Theory]
    [InlineData("macqueen_count0_0")]
    [InlineData("macqueen_count0_1")]
    [InlineData("clvq_a1_b1")]
    [InlineData("clvq_a4_b12")]
    public void Learn_GoldenTrace_IsFollowedStepByStep(string name)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Golden.File("cluster", "online_traces.json")));
        var @case = json.RootElement.GetProperty(name);
        var start = @case.GetProperty("init").EnumerateArray().SelectMany(r => r.EnumerateArray().Select(v => v.GetSingle())).ToArray();
        var learner = new CompetitiveLearner(start, 2, StepOf(name));
        foreach (var step in @case.GetProperty("trace").EnumerateArray())
        {
            var x = step.GetProperty("sample").EnumerateArray().Select(v => (float)Fraction(v.GetString()!)).ToArray();
            Assert.Equal(step.GetProperty("winner").GetInt32(), learner.Learn(x));
            AssertClose(step.GetProperty("centers"), learner.Positions.ToArray());
            if (step.GetProperty("counts").ValueKind != JsonValueKind.Null) Assert.Equal(step.GetProperty("counts").EnumerateArray().Select(v => v.GetDouble()), learner.Masses.ToArray());
            if (step.GetProperty("weights").ValueKind != JsonValueKind.Null) AssertClose(step.GetProperty("weights"), learner.Masses.ToArray());
        }
    }

    // a / (b + t + 1) is the classical rule with g0 = a / (b + 1) and b = 1.
    private static StepSize StepOf(string name) => name switch
    {
        "macqueen_count0_0" => StepSize.MacQueen(0),
        "macqueen_count0_1" => StepSize.MacQueen(1),
        "clvq_a1_b1" => StepSize.Classical(1.0 / 2, 1, 1),
        _ => StepSize.Classical(4.0 / 13, 4, 1),
    };

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
        var parts = text.Split('/').Select(double.Parse).ToArray();
        return parts.Length == 1 ? parts[0] : parts[0] / parts[1];
    }
}

using System.Text.Json;
using Ddoq.Formats;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

/// <summary>Lloyd's algorithm against the reference, step by step in float64, at 1e-9 relative; cases are found in the JSON.</summary>
[Trait("golden", "cluster")]
public sealed class LloydGoldenTests
{
    private static readonly JsonElement Cases = Load();

    public static TheoryData<string> Names()
    {
        if (Cases.ValueKind != JsonValueKind.Object) return ["no data"];
        return [.. Cases.GetProperty("kmeans").EnumerateArray().Select(c => c.GetProperty("case").GetString()!)];
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Settle_GoldenCase_FollowsTheReferenceStepByStep(string name)
    {
        using var file = SafetensorsFile.Open(Golden.File("cluster", "cluster_io.safetensors"));
        var @case = Cases.GetProperty("kmeans").EnumerateArray().Single(c => c.GetProperty("case").GetString() == name);
        foreach (var row in @case.GetProperty("rows").EnumerateArray())
        {
            var steps = row.GetProperty("max_iter").GetInt32();
            var run = new GoldenRun(file, name, null, steps);
            AssertClose(file.ReadDoubles($"{name}.iter{steps}.centers"), run.Centroids);
            Assert.Equal(file.ReadInt64($"{name}.iter{steps}.labels"), run.Labels);
            Assert.Equal(row.GetProperty("n_iter").GetInt32(), run.Iterations);
            AssertClose(row.GetProperty("inertia").GetDouble(), run.Inertia);
            if (steps >= 300) Assert.Equal(@case.GetProperty("counts").EnumerateArray().Select(c => c.GetInt32()), run.Counts);
        }
    }

    [Fact]
    public void Settle_GoldenWeightedCase_AgreesWithTheReference()
    {
        using var file = SafetensorsFile.Open(Golden.File("cluster", "cluster_io.safetensors"));
        var @case = Cases.GetProperty("weighted");
        var name = @case.GetProperty("case").GetString()!;
        var run = new GoldenRun(file, name, file.ReadDoubles($"{name}.w"), 300);
        AssertClose(file.ReadDoubles($"{name}.centers"), run.Centroids);
        Assert.Equal(file.ReadInt64($"{name}.labels"), run.Labels);
        Assert.Equal(@case.GetProperty("n_iter").GetInt32(), run.Iterations);
        AssertClose(@case.GetProperty("inertia").GetDouble(), run.Inertia);
    }

    [Fact]
    public void Settle_GoldenEmptyCluster_IsRelocatedAsInTheReference()
    {
        using var file = SafetensorsFile.Open(Golden.File("cluster", "cluster_io.safetensors"));
        var @case = Cases.GetProperty("empty_cluster");
        var name = @case.GetProperty("case").GetString()!;
        Assert.Contains(0, new GoldenRun(file, name, null, 0).Counts); // the case does hold an empty cell
        AssertClose(file.ReadDoubles($"{name}.iter1.centers"), new GoldenRun(file, name, null, 1).Centroids);
        var run = new GoldenRun(file, name, null, 300);
        AssertClose(file.ReadDoubles($"{name}.centers"), run.Centroids);
        Assert.Equal(file.ReadInt64($"{name}.labels"), run.Labels);
        Assert.Equal(@case.GetProperty("n_iter").GetInt32(), run.Iterations);
        AssertClose(@case.GetProperty("inertia").GetDouble(), run.Inertia);
        Assert.DoesNotContain(0, run.Counts);
    }

    private sealed class GoldenRun
    {
        public GoldenRun(SafetensorsFile file, string name, double[]? weights, int steps)
        {
            var samples = new DoubleMatrix(file.ReadDoubles($"{name}.x"), (int)file.Find($"{name}.x").Shape[1], weights ?? []);
            Centroids = file.ReadDoubles($"{name}.init");
            var run = new LloydRun(new NearestSearch(new CentredSamples(samples, 1)), Centroids, Options(Math.Max(1, steps)));
            if (steps > 0) run.Settle(TestContext.Current.CancellationToken);
            var assignment = VoronoiAssignment.Of(run.Search, Centroids);
            (Iterations, Labels, Counts) = (run.Iterations, [.. assignment.Labels.ToArray().Select(l => (long)l)], assignment.Counts.ToArray());
            Inertia = assignment.Distortion * samples.TotalWeight;
        }

        public double[] Centroids { get; }

        public long[] Labels { get; }

        public int[] Counts { get; }

        public int Iterations { get; }

        public double Inertia { get; }

        private static QuantizerOptions Options(int steps) => new() { MaxIterations = steps, Tolerance = 0, Exchange = false };
    }

    private static void AssertClose(double[] expected, double[] found)
    {
        var scale = expected.Max(Math.Abs);
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], 1e-9 * scale);
    }

    private static void AssertClose(double expected, double found) => Assert.Equal(expected, found, 1e-9 * Math.Max(1e-3, Math.Abs(expected)));

    private static JsonElement Load()
    {
        if (!Golden.Names("cluster").Contains("cluster")) return default;
        using var json = JsonDocument.Parse(File.ReadAllText(Golden.File("cluster", "cluster.json")));
        return json.RootElement.Clone();
    }
}

using System.Text.Json;
using CsCheck;
using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Quantization;
using Ddoq.Theory;

namespace Ddoq.Tests.Quantization;

public sealed class WassersteinTests
{
    [Fact]
    [Trait("golden", "cluster")]
    public void Squared_GoldenCases_EqualLinearProgramming()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Golden.File("cluster", "cluster.json")));
        using var file = SafetensorsFile.Open(Golden.File("cluster", "cluster_io.safetensors"));
        var cases = json.RootElement.GetProperty("w2").EnumerateArray().ToArray();
        Assert.NotEmpty(cases);
        foreach (var @case in cases)
        {
            var (first, second) = (Measure(file, @case.GetProperty("case").GetString()!, "a"), Measure(file, @case.GetProperty("case").GetString()!, "b"));
            AssertClose(@case.GetProperty("w2_squared").GetDouble(), Wasserstein.Squared(first, second));
            AssertClose(@case.GetProperty("w2").GetDouble(), Math.Sqrt(Wasserstein.Squared(second, first)));
        }
    }

    [Fact]
    [Trait("golden", "cluster")]
    public void QuantileTransport_GoldenCasesOnTheLine_EqualLinearProgramming()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Golden.File("cluster", "cluster.json")));
        using var file = SafetensorsFile.Open(Golden.File("cluster", "cluster_io.safetensors"));
        var onTheLine = json.RootElement.GetProperty("w2").EnumerateArray().Select(c => (Name: c.GetProperty("case").GetString()!, Expected: c.GetProperty("w2_squared").GetDouble()))
            .Where(c => file.Find($"{c.Name}.a").Shape.Length == 1).ToArray();
        Assert.NotEmpty(onTheLine);
        foreach (var (name, expected) in onTheLine)
            AssertClose(expected, QuantileTransport.SquaredDistance(file.ReadDoubles($"{name}.a"), file.ReadDoubles($"{name}.wa"), file.ReadDoubles($"{name}.b"), file.ReadDoubles($"{name}.wb")));
    }

    [Fact]
    [Trait("golden", "cluster")]
    public void SquaredBetweenNormals_GoldenCase_EqualsTheClosedForm()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Golden.File("cluster", "cluster.json")));
        using var file = SafetensorsFile.Open(Golden.File("cluster", "cluster_io.safetensors"));
        var found = Wasserstein.SquaredBetweenNormals(file.ReadDoubles("gauss.m1"), file.ReadDoubles("gauss.S1"), file.ReadDoubles("gauss.m2"), file.ReadDoubles("gauss.S2"));
        AssertClose(json.RootElement.GetProperty("gaussian_w2_squared").GetDouble(), found);
    }

    [Fact] // T6
    [Trait("golden", "cluster")]
    public void Squared_GoldenQuantisation_EqualsTheDistortionOnlyWithVoronoiWeights()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Golden.File("cluster", "cluster.json")));
        using var file = SafetensorsFile.Open(Golden.File("cluster", "cluster_io.safetensors"));
        var expected = json.RootElement.GetProperty("quantisation");
        var (d, centroids) = ((int)file.Find("quant.x").Shape[1], file.ReadDoubles("quant.c"));
        var samples = new DoubleMatrix(file.ReadDoubles("quant.x"), d);
        var weighted = new DoubleMatrix(centroids, d, file.ReadDoubles("quant.voronoi_weights"));
        AssertClose(expected.GetProperty("w2_squared_voronoi_weights").GetDouble(), Wasserstein.Squared(samples, weighted));
        AssertClose(expected.GetProperty("w2_squared_uniform_weights").GetDouble(), Wasserstein.Squared(samples, new DoubleMatrix(centroids, d)));
        foreach (var method in Enum.GetValues<TransportMethod>())
            AssertClose(expected.GetProperty("w2_squared_uniform_weights").GetDouble(), new EqualWeightPlanner(method, 1).Find(samples, centroids).Cost);
        // Without prices the bound of a shortlist is the sum over samples of the least squared distance.
        var masses = EqualMasses.Of(samples, weighted.Count);
        var least = Shortlist.Find(new PairCosts(samples, centroids), masses, new double[weighted.Count], 1, 1, default).LowerBound / masses.Total;
        AssertClose(expected.GetProperty("distortion_mean_sq").GetDouble(), least);
    }

    [Fact]
    public void Squared_TheSameMeasure_IsZero() => Draws.Small.Sample(t => Assert.Equal(0, Wasserstein.Squared(t.Samples, t.Samples), 1e-12));

    [Fact]
    public void Squared_ShiftedMeasure_IsTheSquaredShift() => Draws.Small.Sample(t =>
        Assert.Equal(4.0 * t.Samples.Dimension, Wasserstein.Squared(t.Samples, t.Samples.Map(v => v + 2)), 1e-9));

    [Fact]
    public void Squared_OtherDimensionOrNoPoints_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => Wasserstein.Squared(Draws.Blobs(3, 2, 1), Draws.Blobs(3, 3, 1)));
        Assert.Throws<ArgumentException>(() => Wasserstein.Squared(Draws.Blobs(3, 2, 1), new DoubleMatrix(Array.Empty<double>(), 2)));
    }

    [Fact]
    public void SquaredBetweenNormals_DiagonalCovariances_IsTheDifferenceOfDeviations() =>
        Gen.Select(Gen.Double[0, 3].Array[4], Gen.Double[0, 3].Array[4], Gen.Double[-2, 2].Array[4]).Sample((s, t, m) =>
        {
            var expected = m.Sum(v => v * v) + s.Zip(t, (a, b) => (a - b) * (a - b)).Sum();
            Assert.Equal(expected, Wasserstein.SquaredBetweenNormals(new double[4], Diagonal(s), m, Diagonal(t)), 1e-9 * Math.Max(1, expected));
        });

    [Fact]
    public void SquaredBetweenNormals_RotatedTogether_IsTheSame()
    {
        // A turn by 30 degrees of both.
        double[] first = [2, 0.5, 0.5, 1], second = [1, -0.3, -0.3, 3];
        var expected = Wasserstein.SquaredBetweenNormals(new double[2], first, new double[2], second);
        Assert.Equal(expected, Wasserstein.SquaredBetweenNormals(new double[2], Turned(first), new double[2], Turned(second)), 1e-12);
    }

    [Fact]
    public void SquaredBetweenNormals_NoCovariance_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => Wasserstein.SquaredBetweenNormals(new double[2], [1, 2, 2, 1], new double[2], [1, 0, 0, 1]));
        Assert.Throws<ArgumentException>(() => Wasserstein.SquaredBetweenNormals(new double[2], [1, 0, 0, 1], new double[2], [1, 2, 2, 1]));
        Assert.Throws<ArgumentException>(() => Wasserstein.SquaredBetweenNormals(new double[2], [1, 0.5, 0, 1], new double[2], [1, 0, 0, 1]));
        Assert.Throws<ArgumentException>(() => Wasserstein.SquaredBetweenNormals(new double[2], [1, 0, 0, 1], new double[3], new double[9]));
    }

    [Fact]
    public void Diagonalise_RandomMatrices_GivesTheMatrixBack() => Gen.Double[-2, 2].Array[36].Sample(values =>
    {
        const int n = 6;
        var symmetric = new double[n * n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++) symmetric[i * n + j] = values[i * n + j] + values[j * n + i];
        var (eigenvalues, vectors) = new SymmetricMatrix(symmetric, n).Diagonalise();
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
            {
                Assert.Equal(symmetric[i * n + j], Enumerable.Range(0, n).Sum(k => vectors[i * n + k] * eigenvalues[k] * vectors[j * n + k]), 1e-12);
                Assert.Equal(i == j ? 1 : 0, Enumerable.Range(0, n).Sum(k => vectors[k * n + i] * vectors[k * n + j]), 1e-12);
            }
    });

    private static DoubleMatrix Measure(SafetensorsFile file, string name, string side)
    {
        var columns = file.Find($"{name}.{side}").Shape is [_, var d] ? (int)d : 1;
        return new DoubleMatrix(file.ReadDoubles($"{name}.{side}"), columns, file.ReadDoubles($"{name}.w{side}"));
    }

    private static double[] Diagonal(double[] deviations)
    {
        var matrix = new double[deviations.Length * deviations.Length];
        for (var i = 0; i < deviations.Length; i++) matrix[i * deviations.Length + i] = deviations[i] * deviations[i];
        return matrix;
    }

    private static double[] Turned(double[] m)
    {
        var (c, s) = (Math.Cos(Math.PI / 6), Math.Sin(Math.PI / 6));
        var (a, b, d) = (m[0], m[1], m[3]);
        var off = c * s * (a - d) + (c * c - s * s) * b;
        return [c * c * a - 2 * c * s * b + s * s * d, off, off, s * s * a + 2 * c * s * b + c * c * d];
    }

    private static void AssertClose(double expected, double found) => Assert.Equal(expected, found, 1e-9 * Math.Abs(expected));
}

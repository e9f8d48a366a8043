using System.Globalization;
using Ddoq.Foundations;
using Ddoq.Neural.Diffusion;
using Ddoq.Neural.Theory;
using Ddoq.Theory;
using Ddoq.Theory.Checks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Theory;

public sealed class NeuralTheoryTests
{
    public static TheoryData<string> Ids => [.. NeuralTheoryChecks.All.Select(c => c.Id)];

    [Theory]
    [MemberData(nameof(Ids))]
    public void Run_EveryCheck_FindsWhatItExpectsForAnySeed(string id)
    {
        var check = NeuralTheoryChecks.All.Single(c => c.Id == id);
        foreach (var seed in new ulong[] { 0, 7 })
        {
            var rows = check.Run(new CheckContext(new SeedSequence(seed))).ToArray();
            Assert.NotEmpty(rows);
            Assert.All(rows, row => Assert.True(row.Ok, $"{row.What}: expected {row.Expected}, found {row.Found}, tolerance {row.Tolerance}"));
        }
    }

    [Fact]
    public void Lists_OfBothProjects_AreT1ToT20()
    {
        Assert.Equal(Enumerable.Range(1, 20).Select(i => $"T{i}"), TheoryChecks.All.Concat(NeuralTheoryChecks.All).Select(c => c.Id).OrderBy(id => int.Parse(id[1..], CultureInfo.InvariantCulture)));
        Assert.Equal(TheoryChecks.WithNetworks.Select(p => p.Id), NeuralTheoryChecks.All.Select(c => c.Id)); // without the networks these are missing, and no others
    }

    // Against differences of the mixture's own density, which is computed elsewhere.
    [Fact]
    public void ExactDenoiser_OfAMixture_IsTheScoreAndItsSlope()
    {
        using var scope = NewDisposeScope();
        const double a = 0.6, h = 1e-4;
        var law = new NormalMixture((0.7, new NormalDistribution(-1, 0.4)), (0.3, new NormalDistribution(2, 0.2))).Noised(Math.Sqrt(a), Math.Sqrt(1 - a));
        var exact = new ExactDenoiser([0.7, 0.3], [-1, 2], [0.4, 0.2]);
        double LogDensity(double x) => Math.Log(law.Density(x));
        var greatest = double.NegativeInfinity;
        for (var x = -3.0; x <= 3; x += 0.01)
        {
            var score = (LogDensity(x + h) - LogDensity(x - h)) / (2 * h);
            Assert.Equal(-Math.Sqrt(1 - a) * score, exact.Noise(tensor(new[] { x }), a).item<double>(), 1e-5);
            greatest = Math.Max(greatest, (LogDensity(x + h) - 2 * LogDensity(x) + LogDensity(x - h)) / (h * h));
        }
        Assert.Equal(greatest, exact.GreatestCurvature(a), 1e-3);
    }
}

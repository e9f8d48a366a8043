using Ddoq.Foundations;
using Ddoq.Quantization;
using Ddoq.Theory;
using Ddoq.Theory.Checks;

namespace Ddoq.Tests.Theory;

/// <summary>Every check agrees with the product as it is, and notices when a part of it is wrong.</summary>
public sealed class TheoryChecksTests
{
    private static readonly CheckSubjects Product = new();

    /// <summary>Checks of the catalogue.</summary>
    public static TheoryData<string> Ids => [.. TheoryChecks.All.Select(check => check.Id)];

    private static Dictionary<string, CheckSubjects> Faults { get; } = new()
    {
        ["T1 points too wide"] = Product with { Optimal = Wide },
        ["T2 points too wide"] = Product with { Optimal = Wide },
        ["T3 points too wide"] = Product with { Optimal = Wide },
        ["T4 random points"] = Product with { Fit = Unfitted },
        ["T5 points moved"] = Product with { Optimal = Wide },
        ["T5 centroids moved"] = Product with { Fit = Changed(book => book with { Centroids = Array.ConvertAll(book.Centroids, c => c + 0.001f) }) },
        ["T5 weights equal"] = Product with { Fit = Changed(EqualWeights) },
        ["T6 weights equal on the line"] = Product with { Optimal = (law, k) => LineQuantizer.Optimal(law, k) with { Weights = [.. Enumerable.Repeat(1.0 / k, k)] } },
        ["T6 weights equal"] = Product with { Fit = Changed(EqualWeights) },
        ["T6 distortion halved"] = Product with { Fit = Changed(book => book with { Distortion = book.Distortion / 2 }) },
        ["T6 distance of nearest points"] = Product with { Transport = (x, c) => new DirectAssignment((SampleMatrix)x, ((SampleMatrix)c).Values.Span).Distortion },
        ["T7 optimum instead of balance"] = Product with { Balanced = LineQuantizer.Optimal },
        ["T7 balance instead of optimum"] = Product with { Optimal = LineQuantizer.Balanced },
        ["T8 flow without the half"] = Product with { ProbabilityFlow = (r, end, start) => Math.Sqrt(end / start) * Math.Exp(r * r * (1 / end - 1 / start)) },
        ["T8 SDE without its variances"] = Product with { ReverseSde = (r, end, start) => Math.Exp(r * r * (1 / end - 1 / start)) },
        ["T10 a third of the points"] = Product with { Fit = (samples, options, seeds, threads) => Product.Fit(samples, options with { ImagesPerClass = (int)Math.Sqrt(options.ImagesPerClass) }, seeds, threads) },
        ["T12 weights equal on the line"] = Product with { Optimal = (law, k) => LineQuantizer.Optimal(law, k) with { Weights = [.. Enumerable.Repeat(1.0 / k, k)] } },
        ["T12 weights equal"] = Product with { Fit = Changed(EqualWeights) },
        ["T14 signal not scaled"] = Product with { Noised = (mixture, _, noise) => mixture.Noised(1, noise) },
        ["T15 Lloyd stops at once"] = Product with { Fit = (samples, options, seeds, threads) => Product.Fit(samples, options.Algorithm == QuantizerAlgorithm.Lloyd ? options with { MaxIterations = 1 } : options, seeds, threads) },
        ["T15 weights equal"] = Product with { Fit = Changed(EqualWeights) },
        ["T15 streaming weights of other cells"] = Product with { Fit = (samples, options, seeds, threads) => options.Masses == MassEstimate.Streaming ? Rotated(Product.Fit(samples, options, seeds, threads)) : Product.Fit(samples, options, seeds, threads) },
        ["T16 weights of sum K"] = Product with { Fit = Changed(book => book with { Weights = Array.ConvertAll(book.Weights, w => w * book.Count) }) },
        ["T16 one sample lost"] = Product with { Fit = Changed(book => book with { Counts = [book.Counts[0] - 1, .. book.Counts[1..]] }) },
        ["T16 counts of other cells"] = Product with { Fit = Changed(book => book with { Counts = [.. book.Counts[1..], book.Counts[0]] }) },
        ["T16 threads change the result"] = Product with { Fit = (samples, options, seeds, threads) => Nudged(Product.Fit(samples, options, seeds, 1), threads == 2) },
        ["T16 seed without effect"] = Product with { Fit = (samples, options, _, threads) => Product.Fit(samples, options, default, threads) },
        ["T16 order matters"] = Product with { Fit = (samples, options, seeds, threads) => Nudged(Product.Fit(samples, options, seeds, 1), true, samples.Values.Span[0]) },
        ["T20 centroids on the shell"] = Product with { Fit = Changed(book => book with { Centroids = Array.ConvertAll(book.Centroids, c => 4 * c) }) },
    };

    /// <summary>Faults, each "check what".</summary>
    public static TheoryData<string> FaultNames => [.. Faults.Keys];

    [Theory]
    [MemberData(nameof(Ids))]
    public void Run_TheProduct_AgreesWithTheory(string id)
    {
        var rows = Run(id, Product).ToList();
        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.True(row.Ok && row.Id == id && row.What.Length > 0 && row.Tolerance >= 0, $"{row}"));
        Assert.Equal(rows.Count, rows.Select(row => (row.What, row.Relation)).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(FaultNames))]
    public void Run_SomethingFaulty_IsNoticed(string fault) => Assert.True(Run(fault.Split(' ')[0], Faults[fault]).Any(row => !row.Ok), "no row differs");

    [Fact]
    public void Faults_EveryCheck_HasOne() => Assert.Equal(TheoryChecks.All.Select(c => c.Id).ToHashSet(), Faults.Keys.Select(f => f.Split(' ')[0]).ToHashSet());

    [Theory]
    [InlineData("T5")]
    [InlineData("T15")]
    public void Run_OtherThreads_SameNumbers(string id) =>
        Assert.Equal(Find(id).Run(new CheckContext(new SeedSequence(4), 1)), Find(id).Run(new CheckContext(new SeedSequence(4), 3)));

    [Fact]
    public void Run_OtherSeed_OtherNumbersThatAgree()
    {
        var (a, b) = (Find("T8").Run(new CheckContext(new SeedSequence(1))).ToList(), Find("T8").Run(new CheckContext(new SeedSequence(2))).ToList());
        Assert.NotEqual(a, b);
        Assert.All(a.Concat(b), row => Assert.True(row.Ok, $"{row}"));
    }

    [Fact]
    public void Lists_RunnableAndPending_ShareNoNumber() => Assert.Empty(TheoryChecks.All.Select(c => c.Id).Intersect(TheoryChecks.WithNetworks.Select(p => p.Id)));

    private static ITheoryCheck Find(string id) => TheoryChecks.All.Single(check => check.Id == id);

    private static IEnumerable<CheckRow> Run(string id, CheckSubjects subjects) => Find(id).Run(new CheckContext(new SeedSequence(0), 2) { Subjects = subjects });

    private static LineCodebook Wide(ILineDistribution law, int k) => LineQuantizer.WithVoronoiMasses(law, Array.ConvertAll(LineQuantizer.Optimal(law, k).Points, x => 1.05 * x + 0.01));

    private static ClassCodebook Unfitted(SampleMatrix samples, QuantizerOptions options, SeedSequence seeds, int threads) =>
        Product.Fit(samples, options with { Initialization = QuantizerInitialization.Random, MaxIterations = 1 }, seeds, threads);

    private static Func<SampleMatrix, QuantizerOptions, SeedSequence, int, ClassCodebook> Changed(Func<ClassCodebook, ClassCodebook> change) =>
        (samples, options, seeds, threads) => change(Product.Fit(samples, options, seeds, threads));

    private static ClassCodebook EqualWeights(ClassCodebook book) => book with { Weights = [.. Enumerable.Repeat(1.0 / book.Count, book.Count)] };

    private static ClassCodebook Rotated(ClassCodebook book) => book with { Weights = [.. book.Weights[2..], .. book.Weights[..2]] };

    private static ClassCodebook Nudged(ClassCodebook book, bool nudge, float by = 1) =>
        nudge ? book with { Centroids = Array.ConvertAll(book.Centroids, c => c * (1 + 0.001f * by)) } : book;
}

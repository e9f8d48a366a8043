using Ddoq.Cli.Comparison;
using Ddoq.Cli.Tests.CommandLine;
using Ddoq.Datasets;

namespace Ddoq.Cli.Tests;

/// <summary>The recipes of the repository: all can be read, and the smallest runs to the end on real images with the bundled models.</summary>
public sealed class RecipesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(Path.Combine(Root(), "recipes"), "*.json").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Files))]
    public void Recipe_EveryFile_IsReadAndSaysWhatItIsFor(string file)
    {
        var recipe = ComparisonRecipe.Load(Path.Combine(Root(), "recipes", file));
        Assert.NotEmpty(recipe.About);
        Assert.Equal("fashion-mnist", recipe.Data);
    }

    [Fact]
    public void Smoke_RealImages_RunsToTheEnd()
    {
        try
        {
            FashionMnist.Open(DatasetPart.Test, FashionMnistPlaces.FromEnvironment() with { AllowNetwork = false });
        }
        catch (Foundations.WorkFailedException)
        {
            Assert.Skip("Fashion-MNIST is not on this machine: install dataset-fashion-mnist or set DDOQ_FASHION_MNIST");
        }
        var shell = BuiltProgram.Run("compare", Path.Combine(Root(), "recipes/smoke.json"), "--out", _folder["smoke"], "--json", "--quiet");
        Assert.True(shell.Code == 0, shell.Error);
        var rows = shell.Json.GetProperty("rows").EnumerateArray().ToArray();
        Assert.Equal(10, rows.Length);
        Assert.All(rows, r => Assert.InRange(r.GetProperty("mean").GetDouble(), 0.02, 0.9));
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Ddoq.slnx"))) folder = folder.Parent!;
        return folder.FullName;
    }
}

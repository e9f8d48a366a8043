using Ddoq.Foundations;
using Ddoq.Planning;
using Ddoq.Quantization;
using Ddoq.Tests.Quantization;

namespace Ddoq.Tests.Planning;

public sealed class AllocationFileTests : IDisposable
{
    private static readonly SeedSequence Seeds = new(3);

    private readonly TemporaryFolder _folder = new();

    private string Path => System.IO.Path.Combine(_folder.Path, "allocation.json");

    public void Dispose() => _folder.Dispose();

    private static LabelledMatrix Source => new(Draws.Blobs(120, 3, 5), [.. Enumerable.Range(0, 120).Select(i => i % 3)], ["ape", "bee", "cow"]);

    [Fact]
    public void Save_Plan_ComesBackAndQuantizesAsMeasured()
    {
        var plan = Planner.Create(Source, new PlanOptions { ImagesPerClass = [1, 4], Budgets = [6, 15], HeldOutShare = 0 }, Seeds);
        AllocationFile.Save(plan, Path);
        var file = AllocationFile.Load(Path);
        foreach (var allocation in plan.Allocations)
        {
            var images = file.For(allocation.Budget, Source.ClassNames);
            Assert.Equal(allocation.ImagesPerClass, images);
            var book = CodebookBuilder.Build(Source, [.. images.Select(k => new QuantizerOptions { ImagesPerClass = k })], Seeds);
            Assert.Equal(images, book.Classes.Select(c => c.Count));
            Assert.Equal(allocation.Measured!.Value, book.Distortion, 1e-12);
        }
    }

    [Fact]
    public void Save_ExistingFile_IsRefused()
    {
        File.WriteAllText(Path, "");
        Assert.Throws<UsageException>(() => AllocationFile.Save(Planner.Create(Source, new PlanOptions { ImagesPerClass = [1] }, Seeds), Path));
    }

    [Theory]
    [InlineData(null, "6, 9. Choose")]
    [InlineData(7, "6, 9, not 7")]
    public void For_NoSuchTotal_SaysWhichThereAre(int? budget, string expected)
    {
        Write("""{"format":"ddoq-allocation","version":1,"class_names":["ape","bee","cow"],"allocations":[{"budget":6,"images_per_class":[1,2,3]},{"budget":9,"images_per_class":[3,3,3]}]}""");
        Assert.Contains(expected, Assert.Throws<UsageException>(() => AllocationFile.Load(Path).For(budget, Source.ClassNames)).Message, StringComparison.Ordinal);
        Assert.Equal([3, 3, 3], AllocationFile.Load(Path).For(9, Source.ClassNames));
    }

    [Fact]
    public void For_OtherClasses_IsBadInput()
    {
        Write("""{"format":"ddoq-allocation","version":1,"class_names":["ape","cow","bee"],"allocations":[{"budget":6,"images_per_class":[1,2,3]}]}""");
        Assert.Contains("ape, bee, cow", Assert.Throws<BadInputException>(() => AllocationFile.Load(Path).For(null, Source.ClassNames)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "not a readable allocation")]
    [InlineData("null", "null")]
    [InlineData("{\"format\":\"ddoq-latents\",\"version\":1,\"class_names\":[],\"allocations\":[]}", "found 'ddoq-latents'")]
    [InlineData("{\"format\":\"ddoq-allocation\",\"version\":2,\"class_names\":[],\"allocations\":[]}", "version 2")]
    [InlineData("{\"format\":\"ddoq-allocation\",\"version\":1,\"class_names\":[\"a\"],\"allocations\":[]}", "no allocation")]
    [InlineData("{\"format\":\"ddoq-allocation\",\"version\":1,\"class_names\":[\"a\"],\"allocations\":[null]}", "null")]
    [InlineData("{\"format\":\"ddoq-allocation\",\"version\":1,\"class_names\":[\"a\"],\"allocations\":[{\"budget\":2,\"images_per_class\":[3]}]}", "sum 3 for budget 2")]
    [InlineData("{\"format\":\"ddoq-allocation\",\"version\":1,\"class_names\":[\"a\"],\"allocations\":[{\"budget\":2,\"images_per_class\":[1,1]}]}", "2 numbers")]
    [InlineData("{\"format\":\"ddoq-allocation\",\"version\":1,\"class_names\":[\"a\",\"b\"],\"allocations\":[{\"budget\":1,\"images_per_class\":[2,-1]}]}", "from 0 up")]
    [InlineData("{\"format\":\"ddoq-allocation\",\"version\":1,\"class_names\":[\"a\"],\"allocations\":[{\"budget\":2,\"images_per_class\":[2]},{\"budget\":2,\"images_per_class\":[2]}]}", "twice")]
    [InlineData("{\"format\":\"ddoq-allocation\",\"version\":1,\"class_names\":[\"a\"],\"allocations\":[],\"more\":1}", "more")]
    public void Load_BadFile_SaysWhat(string text, string expected)
    {
        Write(text);
        var message = Assert.Throws<BadInputException>(() => AllocationFile.Load(Path)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains(Path, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoFile_SaysHowToMakeOne() => Assert.Contains("ddoq plan", Assert.Throws<BadInputException>(() => AllocationFile.Load(Path)).Message, StringComparison.Ordinal);

    [Fact]
    public void Build_OptionsOfAnotherNumberOrKind_AreRefused()
    {
        var options = new QuantizerOptions { ImagesPerClass = 2 };
        Assert.Contains("3 classes", Assert.Throws<ArgumentException>(() => CodebookBuilder.Build(Source, [options], Seeds)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => CodebookBuilder.Build(Source, [options, options, options with { Algorithm = QuantizerAlgorithm.Clvq }], Seeds));
    }

    private void Write(string text) => File.WriteAllText(Path, text);
}

using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;

namespace Ddoq.Tests.Distilled;

public sealed class DistilledSetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string At(string name) => Path.Combine(_folder.Path, name);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 0)]
    [InlineData(1, 2)]
    [InlineData(3, 1)]
    public void Load_SavedSet_GivesEveryValueBack(int channels, int views)
    {
        var set = SampleSets.Create(channels, views: views);
        set.Save(At("set"));
        var loaded = DistilledSet.Load(At("set"));
        Assert.Equal(set.ClassNames, loaded.ClassNames);
        Assert.Equal(set.Shape, loaded.Shape);
        Assert.Equal(set.Images, loaded.Images);
        Assert.True(set.Pixels.Span.SequenceEqual(loaded.Pixels.Span));
        Assert.Equal(set.Fingerprint, loaded.Fingerprint);
        AssertEqual(set.Provenance, loaded.Provenance);
        AssertEqual(set.SoftLabels, loaded.SoftLabels);
    }

    [Fact]
    public void Save_SameSetTwice_GivesSameBytes()
    {
        SampleSets.Create(views: 2).Save(At("one"));
        var reordered = SampleSets.Origin() with { Options = SampleSets.Origin().Options.Reverse().ToDictionary() };
        SampleSets.Create(views: 2).WithProvenance(reordered).Save(At("two"));
        var (one, two) = (Contents(At("one")), Contents(At("two")));
        Assert.Equal(one.Keys, two.Keys);
        Assert.All(one, file => Assert.Equal(file.Value, two[file.Key]));
    }

    [Fact]
    public void Save_Layout_IsAsDocumented()
    {
        SampleSets.Create().Save(At("set"));
        Assert.Equal(
            [
                "README.md", "load_ddoq.py", "manifest.json", "manifest.json.sha256", "targets.safetensors",
                "train/0_T-shirt-top/0_T-shirt-top_00000.png", "train/0_T-shirt-top/0_T-shirt-top_00001.png",
                "train/1_Trouser-long/1_Trouser-long_00000.png", "train/1_Trouser-long/1_Trouser-long_00001.png", "train/1_Trouser-long/1_Trouser-long_00002.png",
                "train/2_Sandal/2_Sandal_00000.png", "train/metadata.csv",
            ],
            Contents(At("set")).Keys);
        var rows = File.ReadAllLines(At("set/train/metadata.csv"));
        Assert.Equal("file_name,label,class,weight,count,local_distortion,source_index,seed", rows[0]);
        Assert.Equal("0_T-shirt-top/0_T-shirt-top_00000.png,0,T-shirt/top,0.875,10,0,0,0", rows[1]);
        Assert.Equal("1_Trouser-long/1_Trouser-long_00001.png,1,\"Trouser, \"\"long\"\"\",1,13,1,,3458764513820540928", rows[4]);
    }

    [Fact]
    public void Save_ExistingFolder_IsRefusedUnlessReplaced()
    {
        SampleSets.Create(seed: 1).Save(At("set"));
        Assert.Throws<UsageException>(() => SampleSets.Create(seed: 2).Save(At("set")));
        Assert.Equal(SampleSets.Create(seed: 1).Fingerprint, DistilledSet.Load(At("set")).Fingerprint);
        SampleSets.Create(seed: 2).Save(At("set"), replace: true);
        Assert.Equal(SampleSets.Create(seed: 2).Fingerprint, DistilledSet.Load(At("set")).Fingerprint);
    }

    [Fact]
    public void Save_DiskRefuses_LeavesNothing()
    {
        File.WriteAllText(At("file"), "in the way");
        Assert.Throws<WorkFailedException>(() => SampleSets.Create().Save(At("file/set")));
        Assert.Equal(["file"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void SaveLabels_ExistingSet_AddsLabelsAndKeepsTheRest()
    {
        var set = SampleSets.Create();
        set.Save(At("set"));
        var images = Contents(At("set")).Where(f => f.Key.StartsWith("train/", StringComparison.Ordinal)).ToDictionary();
        var labels = SampleSets.Logits(set.Count, views: 4, classes: 3);
        var taught = set.Provenance with { Models = [.. set.Provenance.Models, new ModelReference("teacher", "convnet-3", new string('c', 64))] };
        DistilledSet.SaveLabels(At("set"), labels, taught);
        var loaded = DistilledSet.Load(At("set"));
        AssertEqual(labels, loaded.SoftLabels);
        AssertEqual(taught, loaded.Provenance);
        Assert.All(images, file => Assert.Equal(file.Value, Contents(At("set"))[file.Key]));
        Assert.Empty(DistilledSetVerifier.Verify(At("set")));
        Assert.Equal(["set"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void SaveLabels_WrongNumberOfImages_LeavesTheSetAsItWas()
    {
        SampleSets.Create().Save(At("set"));
        Assert.Throws<ArgumentException>(() => DistilledSet.SaveLabels(At("set"), SampleSets.Logits(5, 1, 3)));
        Assert.Null(DistilledSet.Load(At("set")).SoftLabels);
    }

    [Fact]
    public void SaveLabels_StrangersInTheFolder_AreNotLost()
    {
        var set = SampleSets.Create();
        set.Save(At("set"));
        File.WriteAllText(At("set/notes.txt"), "mine");
        var error = Assert.Throws<BadInputException>(() => DistilledSet.SaveLabels(At("set"), SampleSets.Logits(set.Count, 1, 3)));
        Assert.Contains("notes.txt", error.Message);
        Assert.True(File.Exists(At("set/notes.txt")));
    }

    [Fact]
    public void Fingerprint_AnyPartOfTheContent_ChangesIt()
    {
        var set = SampleSets.Create(views: 1);
        DistilledSet[] others =
        [
            SampleSets.Create(seed: 9, views: 1), SampleSets.Create(), SampleSets.Create(views: 2),
            set.WithSoftLabels(SampleSets.Logits(set.Count, 1, 3, temperature: 5)),
            new(set.ClassNames, set.Shape, set.Pixels.ToArray(), [.. set.Images.Select(i => i with { Weight = 1 })], set.Provenance, set.SoftLabels),
            new(set.ClassNames, set.Shape, set.Pixels.ToArray(), [.. set.Images.Select(i => i with { Count = 1 })], set.Provenance, set.SoftLabels),
        ];
        Assert.Equal(others.Length + 1, others.Append(set).Select(s => s.Fingerprint).Distinct().Count());
        Assert.Equal(set.Fingerprint, set.WithProvenance(set.Provenance with { Method = "other" }).Fingerprint);
    }

    public static TheoryData<string, DistilledImage[]> BrokenRows => new()
    {
        { "outside [0, 1)", [new(1, 1, 1, 0)] },
        { "outside [0, 1)", [new(-1, 1, 1, 0)] },
        { "not a finite number", [new(0, 1, float.NaN, 0)] },
        { "not a finite number", [new(0, 1, 3, 0), new(0, 1, -1, 0)] },
        { "are zero", [new(0, 1, 0, 0), new(0, 1, 0, 0)] },
        { "mean 0.5", [new(0, 1, 0.5f, 0)] },
        { "count -1", [new(0, -1, 1, 0)] },
        { "local distortion", [new(0, 1, 1, double.PositiveInfinity)] },
        { "source index -1", [new(0, 1, 1, 0, -1)] },
        { "has no image", [] },
    };

    [Theory]
    [MemberData(nameof(BrokenRows), DisableDiscoveryEnumeration = true)]
    public void Constructor_BrokenRow_SaysWhichRule(string message, DistilledImage[] rows)
    {
        var error = Assert.Throws<ArgumentException>(() => new DistilledSet(["only"], new ImageShape(1, 1, 1), new byte[rows.Length], rows, SampleSets.Origin()));
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void Constructor_RowsOutOfClassOrder_Refuses()
    {
        DistilledImage[] rows = [new(1, 1, 1, 0), new(0, 1, 1, 0)];
        var error = Assert.Throws<ArgumentException>(() => new DistilledSet(["a", "b"], new ImageShape(1, 1, 1), new byte[2], rows, SampleSets.Origin()));
        Assert.Contains("class order", error.Message);
    }

    [Fact]
    public void Constructor_NormalisationForOtherChannels_Refuses() =>
        Assert.Throws<ArgumentException>(() => new DistilledSet(["a"], new ImageShape(3, 1, 1), new byte[3], [new(0, 1, 1, 0)], SampleSets.Origin(channels: 1)));

    internal static SortedDictionary<string, byte[]> Contents(string folder) => new(
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(f => Path.GetRelativePath(folder, f), File.ReadAllBytes), StringComparer.Ordinal);

    private static void AssertEqual(SoftLabels? expected, SoftLabels? found)
    {
        Assert.Equal(expected is null, found is null);
        if (expected is null || found is null) return;
        Assert.True(expected.Logits.SequenceEqual(found.Logits));
        Assert.Equal((expected.Count, expected.Views, expected.Classes, expected.Temperature), (found.Count, found.Views, found.Classes, found.Temperature));
        Assert.Equal((expected.AugmentationName, expected.AugmentationSeed), (found.AugmentationName, found.AugmentationSeed));
        Assert.Equal((expected.TeacherName, expected.TeacherHash), (found.TeacherName, found.TeacherHash));
    }

    private static void AssertEqual(Provenance expected, Provenance found)
    {
        Assert.Equal((expected.Method, expected.ToolVersion, expected.ImagesPerClass, expected.WeightRule, expected.Source),
            (found.Method, found.ToolVersion, found.ImagesPerClass, found.WeightRule, found.Source));
        Assert.Equal(expected.Models, found.Models);
        Assert.Equal(expected.Seeds.Order(), found.Seeds.Order());
        Assert.Equal(expected.Options.OrderBy(o => o.Key), found.Options.OrderBy(o => o.Key));
        Assert.Equal(expected.Seconds, found.Seconds);
        Assert.Equal(expected.Normalisation.Mean, found.Normalisation.Mean);
        Assert.Equal(expected.Normalisation.StandardDeviation, found.Normalisation.StandardDeviation);
    }
}

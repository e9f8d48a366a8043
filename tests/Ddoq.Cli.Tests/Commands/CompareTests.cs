using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Ddoq.Cli.Tests.CommandLine;

namespace Ddoq.Cli.Tests.Commands;

/// <summary>Whole comparisons on tiny images with tiny models, in the built program.</summary>
[Collection(TinyRunCollection.Name)]
public sealed class CompareTests(TinyRun run) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Compare_EveryMethodAndKindOfLabels_OneRowEachAndFilesThatAgree()
    {
        string[] methods = ["herding", "k-center", "kmeans-medoid", "cell-random", "vae-random", "prior-random", "centroid", "balanced", "d4m", "ddoq", "ddoq-anchored", "ddoq-dit"];
        var json = Compare(Recipe(["A", "C'", "soft"], [2], [.. methods.Select(m => (JsonNode)m), Variant(), new JsonObject { ["name"] = "ddoq equal", ["method"] = "ddoq", ["weights"] = "equal", ["weights_as"] = "sampling" }]));
        var rows = json.GetProperty("rows").EnumerateArray().ToArray();
        Assert.Equal(3 * 15, rows.Length); // random is always there
        Assert.Equal(["random", .. methods, "variant", "ddoq equal"], rows.Take(15).Select(r => Text(r, "method")));
        Assert.All(rows, r => Assert.InRange(r.GetProperty("mean").GetDouble(), 0, 1));
        Assert.All(rows, r => Assert.Equal(2, r.GetProperty("seeds").GetInt32()));
        Assert.All(rows, r => Assert.Equal(r.GetProperty("last").EnumerateArray().Average(v => v.GetDouble()), r.GetProperty("mean").GetDouble(), 9));
        foreach (var row in rows.Where(r => Text(r, "method") != "random"))
        {
            var random = rows.Single(r => Text(r, "method") == "random" && Text(r, "protocol") == Text(row, "protocol"));
            Assert.Equal(row.GetProperty("mean").GetDouble() - random.GetProperty("mean").GetDouble(), row.GetProperty("over_random").GetDouble(), 9);
        }
        Assert.Equal(["equal", "square-root", "equal", "equal", "square-root", "equal, as sampling"], rows.Where(r => Text(r, "protocol") == "A" && Text(r, "method") is "random" or "kmeans-medoid" or "balanced" or "d4m" or "ddoq" or "ddoq equal").Take(6).Select(r => Text(r, "weights")));
        // Labels are stored for one protocol alone: 4 images, 100 views, 2 classes, 2 bytes.
        Assert.Equal([0, 0, 1600], new[] { "A", "C'", "soft" }.Select(p => rows.First(r => Text(r, "protocol") == p).GetProperty("bytes_labels").GetInt64()));
        Assert.Equal(0.5, json.GetProperty("chance").GetDouble());
        // Every set and every student was made by a program of at least so many bytes.
        Assert.All(rows, r => Assert.InRange(Math.Min(r.GetProperty("peak_memory_set").GetInt64(), r.GetProperty("peak_memory_student").GetInt64()), 20_000_000, json.GetProperty("peak_memory_bytes").GetInt64()));
        Assert.All(["encode", "features"], stage => Assert.InRange(json.GetProperty("shared_stages").GetProperty(stage).GetProperty("peak_memory_bytes").GetInt64(), 20_000_000, json.GetProperty("peak_memory_bytes").GetInt64()));
        // The images of a real method are real, and a set is a set.
        Assert.Equal(0, Shell.Run("verify", _folder["out/ipc2-seed0/sets/herding"]).Code);
        Assert.Equal(46, File.ReadAllLines(_folder["out/results.csv"]).Length);
        Assert.Equal(45, JsonDocument.Parse(File.ReadAllText(_folder["out/results.json"])).RootElement.GetProperty("rows").GetArrayLength());
        Assert.Equal(6, XDocument.Load(_folder["out/results.html"]).Descendants("section").Count()); // scores and gains of three protocols
        Assert.Equal([.. Enumerable.Repeat(14, 3), .. Enumerable.Repeat(15, 3)], Directory.GetFiles(_folder["out/plots"], "*.svg").Order(StringComparer.Ordinal).Select(PlotRows).Order());
        Assert.False(Directory.Exists(_folder["out.work"]));
    }

    private static int PlotRows(string file) => XDocument.Load(file).Descendants().Count(e => e.Attribute("class")?.Value is "row" or "row is-reference");

    [Fact]
    public void Compare_KilledAndResumedAndExtended_HasTheSameScores()
    {
        var recipe = Recipe(["A"], [1, 2], ["kmeans-medoid", "ddoq"]);
        Assert.True(KilledProgram.Run(() => Directory.Exists(_folder["out.work/scores"]) && Directory.GetFiles(_folder["out.work/scores"]).Length >= 2, Arguments(recipe, "out")), "it ended before it could be killed");
        Assert.False(Directory.Exists(_folder["out"]));
        Assert.Contains("--resume", BuiltProgram.Run(Arguments(recipe, "out")).Error, StringComparison.Ordinal);
        var resumed = Scores(Compare(recipe, "out", "--resume"));
        var whole = Scores(Compare(recipe, "whole", "--threads", "1"));
        Assert.Equal(whole, resumed);
        // One more method trains its own students alone.
        var before = Directory.GetFiles(_folder["out/scores"]).ToDictionary(f => Path.GetFileName(f), File.GetLastWriteTimeUtc);
        var more = Scores(Compare(Recipe(["A"], [1, 2], ["kmeans-medoid", "ddoq", "centroid"]), "out", "--resume"));
        Assert.Equal(whole, more.Where(m => !m.StartsWith("centroid", StringComparison.Ordinal)));
        Assert.All(before, f => Assert.Equal(f.Value, File.GetLastWriteTimeUtc(_folder["out/scores/" + f.Key])));
        Assert.Equal(before.Count + 4, Directory.GetFiles(_folder["out/scores"]).Length);
    }

    // What took a time of its own would have another one.
    [Fact]
    public void Compare_TwoMethodsWithTheSameSet_TrainOneStudent()
    {
        Compare(Recipe(["A"], [2], [new JsonObject { ["name"] = "once", ["method"] = "ddoq" }, new JsonObject { ["name"] = "again", ["method"] = "ddoq", ["draws"] = 1 }]));
        string Score(string method) => File.ReadAllText(Directory.GetFiles(_folder["out/scores"], $"*-{method}-0.json").Single());
        Assert.Equal(Score("once"), Score("again"));
        Assert.NotEqual(Score("once"), Score("random"));
    }

    // Workers may end by themselves (decision 0005): the student is trained again and has the same score.
    [Fact]
    public void Compare_WorkerThatEnds_IsReplacedAndChangesNoScore()
    {
        var recipe = Recipe(["A"], [2], ["kmeans-medoid"]);
        var whole = Scores(Compare(recipe, "whole"));
        var arguments = string.Join(' ', Arguments(recipe, "out", "--threads", "1").Select(a => $"'{a}'"));
        var shell = BuiltProgram.Bash($$"""
            "$@" {{arguments}} & run=$!
            until worker=$(pgrep -P $run -f student-worker); do sleep 0.02; kill -0 $run || exit 9; done
            kill -9 $worker; wait $run
            """);
        Assert.True(shell.Code == 0, shell.Error);
        Assert.Equal(whole, Scores(shell.Json));
    }

    [Fact]
    public void Compare_SeveralNumbersOfImages_EachReportsTheEpochsOfItsOwnStudents()
    {
        var shell = BuiltProgram.Run([.. Arguments(Recipe(["A"], [1, 2], ["kmeans-medoid"]), "out").Where(a => a != "--quiet")]);
        Assert.Equal(0, shell.Code);
        Assert.Equal(["train: 8 epochs in", "train: 8 epochs in"], Regex.Matches(shell.Error, "^train: [0-9,]+ epochs in", RegexOptions.Multiline).Select(m => m.Value)); // 2 methods, 2 seeds, 2 epochs
    }

    [Fact]
    public void Compare_Validation_ScoresHeldOutTrainingImages()
    {
        var recipe = Recipe(["A"], [1], ["kmeans-medoid"]);
        recipe.Remove("test");
        recipe["validation"] = 5;
        var json = Compare(recipe);
        Assert.Contains("10 images of data, 5 of each class held out", Text(json, "scored_on"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "name": "x" }""", "data")]
    [InlineData("""{ "name": "x", "data": "d", "test": "t", "tables": [], "colour": 1 }""", "colour")]
    [InlineData("""{ "name": "x", "data": "d", "test": "t", "tables": [] }""", "no tables")]
    [InlineData("""{ "name": "x", "data": "d", "tables": [ { "ipc": [1], "protocols": ["A"], "methods": ["ddoq"] } ] }""", "validation")]
    [InlineData("""{ "name": "x", "data": "d", "test": "t", "tables": [ { "ipc": [1], "protocols": ["Z"], "methods": ["ddoq"] } ] }""", "protocol 'Z'")]
    [InlineData("""{ "name": "x", "data": "d", "test": "t", "tables": [ { "ipc": [1], "protocols": ["A"], "methods": ["dream"] } ] }""", "method 'dream'")]
    [InlineData("""{ "name": "x", "data": "d", "test": "t", "tables": [ { "ipc": [1], "protocols": ["A"], "methods": [ { "method": "ddoq", "snr": 1 } ] } ] }""", "snr")]
    [InlineData("""{ "name": "x", "data": "d", "test": "t", "tables": [ { "ipc": [0], "protocols": ["A"], "methods": ["ddoq"] } ] }""", "ipc")]
    [InlineData("""{ "name": "x", "data": "d", "test": "t", "tables": [ { "ipc": [1], "protocols": ["A"], "methods": ["ddoq"], "seeds": 0 } ] }""", "seeds of a block is 0")]
    [InlineData("""{ "name": "x", "data": "d", "test": "t", "tables": [ { "ipc": [1], "protocols": ["A"], "methods": ["ddoq"], "epochs": -3 } ] }""", "epochs of a block is -3")]
    [InlineData("""{ "name": "x", "data": "d", "test": "t", "tables": [ { "ipc": [1], "protocols": ["A"], "students": ["vgg"], "methods": ["ddoq"] } ] }""", "student 'vgg'")]
    [InlineData("""{ "name": "x", "data": "d", "test": "t", "tables": [ { "ipc": [1], "protocols": ["A"], "methods": ["ddoq", "ddoq"] } ] }""", "same name")]
    [InlineData("""{ "name": "x", "data": "d", "test": "t", "tables": [ { "ipc": [1], "protocols": ["A"], "methods": [ { "method": "ddoq", "space": "hyper" } ] } ] }""", "hyper")]
    [InlineData("""{ "name": "x", "data": "d", "test": "t", "tables": [ { "ipc": [1], "protocols": ["A"], "methods": [ { "method": "balanced", "space": "teacher" } ] } ] }""", "not both")]
    [InlineData("""{ "name": "x", "data": "d", "test": "t", "tables": [ { "ipc": [1], "protocols": ["A"], "methods": [ { "method": "ddoq", "keep_detail": true } ] } ] }""", "start points medoids")]
    [InlineData("""{ "name": "x", "data": "d", "test": "t", "tables": [ { "ipc": [1], "protocols": ["A"], "methods": [ { "method": "ddoq", "start_points": "members", "space": "teacher" } ] } ] }""", "members are drawn")]
    [InlineData("""{ "name": "x", "data": "d", "test": "t", "tables": [ { "ipc": [1], "protocols": ["A"], "methods": [ { "method": "ddoq", "start_points": "corners" } ] } ] }""", "start_points 'corners'")]
    [InlineData("""{ "name": "x", "data": "d", "test": "t", "tables": [ { "ipc": [1], "protocols": ["A"], "methods": [ { "method": "ddoq", "match_networks": "mine" } ] } ] }""", "mine")]
    [InlineData("""{ "name": "x", "data": "d", "test": "t", "tables": [ { "ipc": [1], "protocols": ["A"], "methods": [ { "method": "ddoq", "match_moments": 3 } ] } ] }""", "match_moments 3: expected 1 or 2")]
    [InlineData("""{ "name": "x", "data": "d", "test": "t", "tables": [ { "ipc": [1], "protocols": ["A"], "methods": [ { "method": "random", "spread": "wide" } ] } ] }""", "spread 'wide' is unknown: expected equal, doubt")]
    [InlineData("""{ "name": "x", "data": "d", "tes""", "not valid")]
    public void Compare_RecipeThatIsNone_SaysWhatIsWrong(string json, string named)
    {
        File.WriteAllText(_folder["bad.json"], json);
        var shell = Shell.Run("compare", _folder["bad.json"], "--out", _folder["out"]);
        Assert.Equal(3, shell.Code);
        Assert.Contains(named, shell.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]) || Directory.Exists(_folder["out.work"]));
    }

    // --resume continues comparisons: any other folder stays where it is.
    [Fact]
    public void Compare_ResumeOfAnotherFolder_IsRefusedAndNothingMoves()
    {
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(_folder["photos"]).FullName, "a.jpg"), "x");
        var shell = Shell.Run(Arguments(Recipe(["A"], [1], ["ddoq"]), "photos", "--resume"));
        Assert.Equal(2, shell.Code);
        Assert.Contains("no comparison", shell.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder["photos/a.jpg"]) && !Directory.Exists(_folder["photos.work"]));
    }

    [Fact]
    public void Compare_FolderForARecipe_IsBadInput() => Assert.Equal(3, Shell.Run("compare", _folder.Path, "--out", _folder["out"]).Code);

    [Fact]
    public void Compare_NoSuchRecipe_IsBadInput() => Assert.Equal(3, Shell.Run("compare", _folder["none.json"], "--out", _folder["out"]).Code);

    private static JsonObject Variant() => new()
    {
        ["name"] = "variant", ["method"] = "ddoq", ["space"] = "teacher", ["start_points"] = "medoids", ["start_snr"] = 1, ["guidance"] = 2, ["steps"] = 2, ["draws"] = 2, ["pick"] = "typical",
        ["keep_detail"] = true, ["match_steps"] = 2, ["match_networks"] = "teacher", ["match_moments"] = 2, ["weights"] = "raw",
    };

    private JsonObject Recipe(string[] protocols, int[] ipc, JsonNode[] methods) => new()
    {
        ["name"] = "tiny", ["data"] = run.Data, ["test"] = run.Test, ["prior"] = run["prior"], ["vae"] = run["vae"], ["teacher"] = run["teacher"], ["seeds"] = 2,
        ["tables"] = new JsonArray(new JsonObject
        {
            ["ipc"] = new JsonArray([.. ipc.Select(n => (JsonNode)n)]), ["protocols"] = new JsonArray([.. protocols.Select(p => (JsonNode)p)]), ["students"] = new JsonArray("convnet2-w8"), ["epochs"] = 2,
            ["methods"] = new JsonArray([.. methods.Select(m => m.DeepClone())]),
        }),
    };

    private string[] Arguments(JsonObject recipe, string output, params string[] more)
    {
        File.WriteAllText(_folder["recipe.json"], recipe.ToJsonString());
        return ["compare", _folder["recipe.json"], "--out", _folder[output], "--json", "--quiet", .. more];
    }

    private JsonElement Compare(JsonObject recipe, string output = "out", params string[] more)
    {
        var shell = BuiltProgram.Run(Arguments(recipe, output, more));
        Assert.True(shell.Code == 0, shell.Error);
        return shell.Json;
    }

    private static string[] Scores(JsonElement json) => [.. json.GetProperty("rows").EnumerateArray().Select(r => $"{Text(r, "method")} {r.GetProperty("ipc")} {r.GetProperty("last")} {r.GetProperty("best")}").Order(StringComparer.Ordinal)];

    private static string Text(JsonElement json, string key) => json.GetProperty(key).GetString()!;
}

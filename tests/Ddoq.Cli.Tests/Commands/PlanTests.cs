using System.Text.Json;
using Ddoq.Cli.Tests.CommandLine;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Cli.Tests.Commands;

/// <summary><c>plan</c>, and <c>quantize --allocation</c> after it.</summary>
public sealed class PlanTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Three classes of 40, 60 and 80 samples in 3 dimensions; the last is ten times as wide.</summary>
    private string[] Matrix()
    {
        var random = new SplitMix(4);
        int[] labels = [.. Enumerable.Repeat(0, 40), .. Enumerable.Repeat(1, 60), .. Enumerable.Repeat(2, 80)];
        var values = labels.SelectMany(l => Enumerable.Range(0, 3).Select(_ => (float)((l == 2 ? 10 : 1) * random.NextGaussian()))).ToArray();
        Formats.NpyFile.Write<float>(_folder["x.npy"], values, [labels.Length, 3]);
        Formats.NpyFile.Write<long>(_folder["y.npy"], Array.ConvertAll(labels, l => (long)l), [labels.Length]);
        return [_folder["x.npy"], "--labels", _folder["y.npy"]];
    }

    [Fact]
    public void Plan_Matrix_EveryKeyOfTheContract()
    {
        var json = TinyRun.Done(["plan", .. Matrix(), "--ipc", "1,10,4", "--budget", "30"]);
        Assert.Equal((180, 3, 3), (Whole(json, "samples"), Whole(json, "dimension"), Whole(json, "classes")));
        var curve = json.GetProperty("curve").EnumerateArray().ToArray();
        Assert.Equal([1, 4, 10], curve.Select(p => Whole(p, "ipc"))); // sorted
        Assert.All(curve, p => Assert.Equal(Math.Sqrt(Real(p, "distortion")), Real(p, "w2"), 1e-12));
        Assert.True(Real(curve[2], "held_out_distortion") > Real(curve[2], "fitted_distortion"));
        Assert.InRange(Real(json, "intrinsic_dimension"), 2.2, 3.8);
        Assert.InRange(Real(json, "intrinsic_dimension_slope"), 1.5, 4);
        Assert.True(Real(json, "intrinsic_dimension_slope_error") > 0);
        var allocation = Assert.Single(json.GetProperty("allocation").EnumerateArray().ToArray());
        Assert.Equal(30, Whole(allocation, "budget"));
        Assert.Equal(["0", "1", "2"], allocation.GetProperty("classes").EnumerateArray().Select(c => c.GetProperty("name").GetString()));
        Assert.Equal(30, allocation.GetProperty("classes").EnumerateArray().Sum(c => Whole(c, "ipc")));
        Assert.All(allocation.GetProperty("classes").EnumerateArray(), c => Assert.Equal(10, Whole(c, "equal_ipc")));
        Assert.Equal(Real(curve[2], "distortion"), Real(allocation, "equal_distortion"), 1e-12);
        Assert.Equal(1 - Real(allocation, "distortion") / Real(allocation, "equal_distortion"), Real(allocation, "gain"), 1e-12);
        Assert.True(Real(allocation, "gain") > 0.3, "most of the distortion is the wide class's");
        Assert.True(Real(allocation, "predicted_distortion") < Real(allocation, "equal_predicted_distortion"));
        Assert.Equal(3, json.GetProperty("class_curves").GetArrayLength());
    }

    [Fact]
    public void Plan_SampleWeights_CountInTheDistortion()
    {
        Formats.NpyFile.Write<float>(_folder["x.npy"], new float[] { 0, 10, 12, 20 }, [4, 1]);
        Formats.NpyFile.Write<double>(_folder["w.npy"], new double[] { 2, 3, 1, 4 }, [4]);
        string[] plan = ["plan", _folder["x.npy"], "--ipc", "1", "--held-out", "0", "--no-verify"];
        // Mean 12.2; squared distances 148.84, 4.84, 0.04 and 60.84.
        Assert.Equal((2 * 148.84 + 3 * 4.84 + 0.04 + 4 * 60.84) / 10, Real(TinyRun.Done([.. plan, "--sample-weights", _folder["w.npy"]]).GetProperty("curve")[0], "distortion"), 1e-4);
        // Equal masses: mean 10.5, squared distances 110.25, 0.25, 2.25 and 90.25.
        Assert.Equal(203.0 / 4, Real(TinyRun.Done(plan).GetProperty("curve")[0], "distortion"), 1e-4);
        Formats.NpyFile.Write<double>(_folder["short.npy"], new double[] { 2, 3, 1 }, [3]);
        Assert.Equal(3, Shell.Run([.. plan, "--sample-weights", _folder["short.npy"]]).Code);
    }

    [Theory]
    [InlineData]
    [InlineData("--algorithm", "minibatch", "--batch-size", "8")]
    [InlineData("--restarts", "3", "--no-exchange", "--init", "random")]
    public void Quantize_AllocationOfThePlan_MeasuresTheSame(params string[] how)
    {
        var matrix = (string[])[.. Matrix(), .. how];
        var plan = TinyRun.Done(["plan", .. matrix, "--ipc", "2,5", "--out", _folder["a.json"], "--seed", "3"]);
        foreach (var allocation in plan.GetProperty("allocation").EnumerateArray())
        {
            var budget = Whole(allocation, "budget");
            var json = TinyRun.Done(["quantize", .. matrix, "--allocation", _folder["a.json"], "--budget", $"{budget}", "--out", _folder[$"{budget}"], "--seed", "3"]);
            Assert.Equal(Real(allocation, "distortion"), Real(json, "distortion"), 1e-9);
            Assert.Equal((budget, JsonValueKind.Null), (Whole(json, "points"), json.GetProperty("ipc").ValueKind));
            Assert.Equal(allocation.GetProperty("classes").EnumerateArray().Select(c => Whole(c, "ipc")), Codebook.Load(_folder[$"{budget}"]).Classes.Select(c => c.Count));
        }
    }

    [Fact]
    public void Plan_DataSet_AsItsEncodedStore()
    {
        TinyImages.WriteFolders(_folder["data"], 12);
        TinyRun.Done("encode", _folder["data"], "--prior", "pca", "--out", _folder["latents"]);
        var store = TinyRun.Done("plan", _folder["latents"], "--ipc", "1,3");
        var data = TinyRun.Done("plan", _folder["data"], "--ipc", "1,3"); // auto is pca where no model has the data set's name
        foreach (var key in new[] { "curve", "allocation", "class_curves", "intrinsic_dimension_slope", "encoder", "samples" })
            Assert.Equal(store.GetProperty(key).GetRawText(), data.GetProperty(key).GetRawText());
        Assert.Equal(["lying", "standing"], data.GetProperty("class_curves").EnumerateArray().Select(c => c.GetProperty("name").GetString()));
        Assert.DoesNotContain(Directory.EnumerateDirectories(Path.GetTempPath(), $"ddoq-plan-*.incomplete-{Environment.ProcessId}"), d => Directory.Exists(Path.Combine(d, "latents")));
    }

    [Fact]
    public void Synthesize_UnequalCodebook_WholeSet()
    {
        TinyImages.WriteFolders(_folder["data"], 8);
        TinyRun.Done("encode", _folder["data"], "--prior", "pca", "--out", _folder["latents"]);
        File.WriteAllText(_folder["a.json"], """{"format":"ddoq-allocation","version":1,"class_names":["lying","standing"],"allocations":[{"budget":6,"images_per_class":[2,4]}]}""");
        TinyRun.Done("quantize", _folder["latents"], "--allocation", _folder["a.json"], "--out", _folder["c.safetensors"]);
        Assert.Equal(6, Whole(TinyRun.Done("synthesize", _folder["c.safetensors"], "--prior", _folder["latents"], "--out", _folder["set"]), "images"));
        Assert.Equal(0, Shell.Run("verify", _folder["set"]).Code);
        Assert.Equal([2, 4], Distilled.DistilledSet.Load(_folder["set"]).Images.GroupBy(i => i.Label).Select(g => g.Count()));
    }

    [Fact]
    public void Plan_ForPeople_TablesOfCurveAndClasses()
    {
        var shell = Shell.Run(["plan", .. Matrix(), "--ipc", "1,5"]);
        Assert.Equal(0, shell.Code);
        foreach (var text in new[] { "intrinsic dimension", "points per class", "held out", "saved", "images in all" }) Assert.Contains(text, shell.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_NothingHeldOutOrVerified_NullsInTheDocument()
    {
        var json = TinyRun.Done(["plan", .. Matrix(), "--ipc", "2", "--held-out", "0", "--dimension-samples", "0", "--no-verify", "--warm"]);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("curve")[0].GetProperty("held_out_distortion").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("intrinsic_dimension").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("intrinsic_dimension_slope").ValueKind); // one number of points has no slope
        Assert.Equal(JsonValueKind.Null, json.GetProperty("allocation")[0].GetProperty("distortion").ValueKind);
    }

    [Fact]
    public void Plan_PointsBeyondTheFittedPart_IsSaid()
    {
        var shell = Shell.Run(["plan", .. Matrix(), "--ipc", "2,39"]);
        Assert.Equal(0, shell.Code);
        Assert.Contains("no held-out distortion at 39 points", shell.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "takes whole numbers from 1", "--ipc", "0,3")]
    [InlineData(2, "takes whole numbers from 1", "--ipc", "3,")]
    [InlineData(2, "'--ipc' is required")]
    [InlineData(2, "less than the 3 images", "--ipc", "1", "--budget", "2")]
    [InlineData(2, "smaller --min-per-class", "--ipc", "1", "--budget", "9", "--min-per-class", "4")]
    [InlineData(2, "exceeds the 180 samples", "--ipc", "1", "--budget", "181")]
    [InlineData(3, "class 0 (0) has 40 samples, but 41", "--ipc", "1,41")]
    [InlineData(3, "class 0 (0) has 40 samples, but 50", "--ipc", "1", "--min-per-class", "50")]
    [InlineData(2, "--prior belongs to a data set", "--ipc", "1", "--prior", "pca")]
    [InlineData(2, "--image-size 8 belongs to a data set", "--ipc", "1", "--image-size", "8")]
    [InlineData(2, "--held-out", "--ipc", "1", "--held-out", "1")]
    public void Plan_WrongRequest_OneMessageAndItsCode(int code, string expected, params string[] options) => Refused(code, expected, ["plan", .. Matrix(), .. options]);

    [Fact]
    public void Plan_ValueNotFinite_3AndTheRow()
    {
        Formats.NpyFile.Write<float>(_folder["nan.npy"], new[] { 1, 2, float.NaN, 3 }, [4, 1]);
        Refused(3, "row 2", "plan", _folder["nan.npy"], "--ipc", "1,2");
    }

    [Fact]
    public void Plan_LabelsForADataSet_2()
    {
        TinyImages.WriteFolders(_folder["data"], 2);
        Refused(2, "--labels belongs to a plain matrix", "plan", _folder["data"], "--labels", "y.npy", "--ipc", "1");
    }

    [Fact]
    public void Plan_OutExists_2BeforeAnyWork()
    {
        File.WriteAllText(_folder["a.json"], "mine");
        Refused(2, "exists already", ["plan", .. Matrix(), "--ipc", "1", "--out", _folder["a.json"]]);
        Assert.Equal("mine", File.ReadAllText(_folder["a.json"]));
    }

    [Fact]
    public void Quantize_PointsAndAllocation_ExactlyOne()
    {
        var matrix = Matrix();
        Refused(2, "--ipc N", ["quantize", .. matrix, "--out", _folder["c"]]);
        Refused(2, "not both", ["quantize", .. matrix, "--out", _folder["c"], "--ipc", "3", "--allocation", "a.json"]);
        Refused(2, "--allocation", ["quantize", .. matrix, "--out", _folder["c"], "--ipc", "3", "--budget", "9"]);
        Refused(3, "a.json' does not exist", ["quantize", .. matrix, "--out", _folder["c"], "--allocation", _folder["a.json"]]);
    }

    [Fact]
    public void Quantize_AllocationWithoutAClass_3()
    {
        File.WriteAllText(_folder["a.json"], """{"format":"ddoq-allocation","version":1,"class_names":["0","1","2"],"allocations":[{"budget":6,"images_per_class":[2,0,4]}]}""");
        Refused(3, "class '1' no point", ["quantize", .. Matrix(), "--out", _folder["c"], "--allocation", _folder["a.json"]]);
    }

    private static void Refused(int code, string expected, params string[] command)
    {
        var shell = Shell.Run([.. command, "--quiet"]);
        Assert.True(shell.Code == code, $"{string.Join(' ', command)}: exit code {shell.Code}, expected {code}\n{shell.Error}");
        Assert.Contains(expected, shell.Error, StringComparison.Ordinal);
        Assert.Equal(("", 1), (shell.Out, shell.Error.Count(c => c == '\n')));
    }

    private static int Whole(JsonElement json, string key) => json.GetProperty(key).GetInt32();

    private static double Real(JsonElement json, string key) => json.GetProperty(key).GetDouble();
}

using Ddoq.Cli.Tests.CommandLine;
using Ddoq.Datasets;

namespace Ddoq.Cli.Tests.Commands;

/// <summary>Bad input: one message that names it, the contract's exit code, and nothing half written.</summary>
[Collection(TinyRunCollection.Name)]
public sealed class BadInputTests(TinyRun run) : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _out = new();

    public void Dispose()
    {
        _folder.Dispose();
        _out.Dispose();
    }

    [Theory]
    [InlineData("train-images-idx3-ubyte", "truncated")]
    [InlineData("train-labels-idx1-ubyte", "truncated")]
    public void Idx_Truncated_3(string file, string expected)
    {
        TinyImages.WriteIdx(_folder["idx"], 10);
        var path = Path.Combine(_folder["idx"], file);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^5]);
        Refused(3, [expected, file], "encode", _folder["idx"], "--prior", "none", "--vae", run["vae"], "--out", _out["x"]);
        Refused(3, [expected, file], "fit", "vae", _folder["idx"], "--out", _out["x"]);
    }

    [Fact]
    public void Idx_Whole_IsEncoded()
    {
        TinyImages.WriteIdx(_folder["idx"], 10);
        Assert.Equal(20, TinyRun.Done("encode", _folder["idx"], "--prior", "none", "--vae", run["vae"], "--out", _out["x"]).GetProperty("samples").GetInt32());
    }

    [Fact]
    public void Image_Truncated_3()
    {
        TinyImages.WriteFolders(_folder["data"], 4);
        var path = Path.Combine(_folder["data"], "lying", "002.png");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..60]);
        Refused(3, ["002.png", "truncated"], "encode", _folder["data"], "--prior", "none", "--vae", run["vae"], "--out", _out["x"]);
        Refused(3, ["002.png"], "fit", "teacher", _folder["data"], "--out", _out["x"]);
    }

    [Fact]
    public void Image_NoImage_3()
    {
        TinyImages.WriteFolders(_folder["data"], 4);
        File.WriteAllText(Path.Combine(_folder["data"], "lying", "002.png"), "<html>not found</html>");
        Refused(3, ["002.png"], "fit", "prior", _folder["data"], "--vae", run["vae"], "--out", _out["x"]);
    }

    [Fact]
    public void Class_FewerSamplesThanPoints_3AndTheAdvice()
    {
        TinyImages.WriteFolders(_folder["data"], 3);
        TinyRun.Done("encode", _folder["data"], "--prior", "none", "--vae", run["vae"], "--out", _folder["latents"]);
        Refused(3, ["lying", "3 samples", "--ipc 3"], "quantize", _folder["latents"], "--ipc", "4", "--out", _out["c.safetensors"]);
        Assert.Equal(6, TinyRun.Done("quantize", _folder["latents"], "--ipc", "4", "--allow-fewer", "--out", _out["c.safetensors"]).GetProperty("points").GetInt32());
    }

    [Fact]
    public void Class_Empty_3()
    {
        TinyImages.WriteFolders(_folder["data"], 3);
        Directory.CreateDirectory(Path.Combine(_folder["data"], "leaning"));
        Refused(3, ["leaning"], "encode", _folder["data"], "--prior", "none", "--vae", run["vae"], "--out", _out["x"]);
    }

    [Fact]
    public void Class_WithoutPoints_3()
    {
        Formats.NpyFile.Write<float>(_folder["x.npy"], new float[3 * 32], [3, 32]);
        Formats.NpyFile.Write<long>(_folder["y.npy"], new long[] { 0, 0, 2 }, [3]);
        TinyRun.Done("quantize", _folder["x.npy"], "--labels", _folder["y.npy"], "--ipc", "1", "--allow-fewer", "--out", _folder["c.safetensors"]);
        Refused(3, ["class '1'"], "synthesize", _folder["c.safetensors"], "--prior", "none", "--vae", run["vae"], "--out", _out["set"]);
    }

    [Fact]
    public void TestSet_UnknownClass_3()
    {
        TinyImages.WriteFolders(_folder["test"], 2, 0, "leaning", "standing");
        Refused(3, ["leaning", "does not know"], "train", run["set"], "--test", _folder["test"], "--protocol", "hard");
        Refused(3, ["leaning"], "fit", "teacher", run.Data, "--test", _folder["test"], "--out", _out["x"]);
    }

    [Fact]
    public void Images_DifferentSizes_3AndTheAdvice()
    {
        TinyImages.WriteFolders(_folder["data"], 2);
        TinyImages.WritePng(Path.Combine(_folder["data"], "lying", "000.png"), TinyImages.Draw(0, 0, 20), new ImageShape(1, 20, 20));
        Refused(3, ["different sizes", "--image-size"], "encode", _folder["data"], "--prior", "none", "--vae", run["vae"], "--out", _out["x"]);
        TinyRun.Done("encode", _folder["data"], "--prior", "none", "--vae", run["vae"], "--image-size", "16", "--out", _out["x"]);
    }

    [Fact]
    public void Images_OtherShapeThanTheModel_3()
    {
        TinyImages.WriteFolders(_folder["test"], 2);
        Refused(3, ["3x16x16", "1x16x16"], "encode", _folder["test"], "--channels", "3", "--prior", "none", "--vae", run["vae"], "--out", _out["x"]);
        Refused(3, ["1x20x20", "1x16x16"], "train", run["set"], "--test", _folder["test"], "--image-size", "20", "--protocol", "hard");
        Refused(3, ["3x16x16"], "fit", "prior", _folder["test"], "--channels", "3", "--vae", run["vae"], "--out", _out["x"]);
    }

    [Fact]
    public void Images_TooSmallForTheNetwork_3()
    {
        TinyImages.WriteFolders(_folder["data"], 2);
        Refused(3, ["1x4x4", "at least 8"], "fit", "teacher", _folder["data"], "--image-size", "4", "--out", _out["x"]);
    }

    [Fact]
    public void Model_OfAnotherKindOrEncoder_RefusedWithAdvice()
    {
        Refused(3, ["teacher"], "encode", run.Data, "--prior", "none", "--vae", run["teacher"], "--out", _out["x"]);
        Refused(2, ["--vae"], "encode", run.Data, "--prior", run["prior"], "--out", _out["x"]);
        Refused(2, ["--prior none"], "encode", run.Data, "--prior", run["vae"], "--out", _out["x"]);
        Refused(3, ["vae"], "label", run["set"], "--teacher", run["vae"], "--force");
        TinyRun.Done("fit", "vae", run.Data, "--out", _folder["other"], "--epochs", "1", "--width", "16", "--latent-channels", "2", "--seed", "9");
        Refused(3, ["encoder"], "encode", run.Data, "--prior", run["prior"], "--vae", _folder["other"], "--out", _out["x"]);
        Refused(3, ["another encoder"], "synthesize", run["codebook.safetensors"], "--prior", "none", "--vae", _folder["other"], "--out", _out["x"]);
    }

    [Fact]
    public void Model_KnowsOtherClasses_3()
    {
        TinyImages.WriteFolders(_folder["data"], 4, 0, "flat", "upright");
        TinyRun.Done("encode", _folder["data"], "--prior", "none", "--vae", run["vae"], "--out", _folder["latents"]);
        TinyRun.Done("quantize", _folder["latents"], "--ipc", "2", "--out", _folder["c.safetensors"]);
        Refused(3, ["[lying, standing]", "[flat, upright]"], "synthesize", _folder["c.safetensors"], "--prior", run["prior"], "--vae", run["vae"], "--out", _out["set"]);
        TinyRun.Done("synthesize", _folder["c.safetensors"], "--prior", "none", "--vae", run["vae"], "--out", _folder["set"]);
        Refused(3, ["[lying, standing]", "[flat, upright]"], "label", _folder["set"], "--teacher", run["teacher"]);
    }

    [Fact]
    public void Model_Damaged_3()
    {
        run.Copy("vae", _folder["vae"]);
        var weights = Path.Combine(_folder["vae"], "model.safetensors");
        File.WriteAllBytes(weights, File.ReadAllBytes(weights)[..^10]);
        Refused(3, ["model.safetensors"], "encode", run.Data, "--prior", "none", "--vae", _folder["vae"], "--out", _out["x"]);
        File.WriteAllText(Path.Combine(_folder["vae"], "model.json"), "{");
        Refused(3, ["model.json"], "encode", run.Data, "--prior", "none", "--vae", _folder["vae"], "--out", _out["x"]);
    }

    [Fact]
    public void Set_WithoutSoftLabels_3AndTheAdvice()
    {
        TinyRun.Done("synthesize", run["codebook.safetensors"], "--prior", "none", "--vae", run["vae"], "--out", _folder["set"]);
        Refused(3, ["ddoq label"], "train", _folder["set"], "--test", run.Test, "--protocol", "soft");
    }

    [Fact]
    public void Set_HasNoTestPart_3() => Refused(3, ["test part"], "encode", run["set"] + ":test", "--prior", "none", "--vae", run["vae"], "--out", _out["x"]);

    [Fact]
    public void Set_Changed_3()
    {
        run.Copy("set", _folder["set"]);
        File.AppendAllText(Path.Combine(_folder["set"], "train", "metadata.csv"), "\n");
        Refused(3, ["metadata.csv"], "train", _folder["set"], "--test", run.Test);
        Refused(3, ["metadata.csv"], "label", _folder["set"], "--teacher", run["teacher"], "--force");
    }

    [Fact]
    public void Data_OtherThanEncoded_3() =>
        Refused(3, ["fingerprint"], "synthesize", run["codebook.safetensors"], "--prior", "none", "--vae", run["vae"], "--data", run.Test, "--out", _out["x"]);

    [Fact]
    public void Names_Unknown_RefusedWithWhatIsAccepted()
    {
        Refused(2, ["pca", "none"], "encode", run.Data, "--prior", "stable-confusion", "--out", _out["x"]);
        Refused(2, ["--teacher"], "label", run["set"], "--teacher", "professor", "--force");
        Refused(2, ["--vae"], "fit", "prior", run.Data, "--vae", "nothing-here", "--out", _out["x"]);
        Refused(3, ["no data set", "fashion-mnist"], "fit", "vae", _folder["absent"], "--out", _out["x"]);
        Refused(3, ["does not exist"], "quantize", _folder["absent"], "--ipc", "1", "--out", _out["x"]);
        Refused(3, ["latents.json"], "quantize", run.Data, "--ipc", "1", "--out", _out["x"]);
        Refused(3, ["does not exist"], "synthesize", _folder["absent"], "--out", _out["x"]);
        Refused(2, ["blank"], "encode", "", "--out", _out["x"]);
    }

    [Fact]
    public void Centroids_ThatDoNotFit_AreRefused()
    {
        Formats.NpyFile.Write<float>(_folder["x.npy"], new float[] { 0, 0, 1, 1, 2, 2, 3, 3 }, [4, 2]);
        Formats.NpyFile.Write<long>(_folder["y.npy"], new long[] { 0, 0, 1, 1 }, [4]);
        Formats.NpyFile.Write<float>(_folder["three.npy"], new float[6], [3, 2]);
        Formats.NpyFile.Write<float>(_folder["wide.npy"], new float[6], [2, 3]);
        Formats.NpyFile.Write<float>(_folder["nan.npy"], new float[] { 0, 1, float.NaN, 1 }, [2, 2]);
        string[] quantize = ["quantize", _folder["x.npy"], "--labels", _folder["y.npy"], "--ipc", "2", "--out", _out["x"]];
        Refused(3, ["3 points", "2 for every class", "4 for 2 classes"], [.. quantize, "--centroids", _folder["three.npy"]]);
        Refused(3, ["points of 3 numbers", "samples have 2"], [.. quantize, "--centroids", _folder["wide.npy"]]);
        Refused(3, ["row 1, element 0", "finite"], [.. quantize, "--centroids", _folder["nan.npy"]]);
        Refused(3, ["absent", "does not exist"], [.. quantize, "--centroids", _folder["absent.npy"]]);
        Refused(2, ["--init"], [.. quantize, "--centroids", _folder["three.npy"], "--init", "random"]);
        Refused(2, ["--restarts"], [.. quantize, "--centroids", _folder["three.npy"], "--restarts", "2"]);
    }

    [Fact]
    public void SampleWeights_ThatDoNotFit_AreRefused()
    {
        Formats.NpyFile.Write<float>(_folder["x.npy"], new float[] { 0, 1, 2, 3 }, [4, 1]);
        Formats.NpyFile.Write<long>(_folder["y.npy"], new long[] { 0, 0, 1, 1 }, [4]);
        Formats.NpyFile.Write<double>(_folder["short.npy"], new double[] { 1, 1 }, [2]);
        Formats.NpyFile.Write<double>(_folder["negative.npy"], new double[] { 1, 1, -1, 3 }, [4]);
        Formats.NpyFile.Write<double>(_folder["none.npy"], new double[] { 1, 1, 0, 0 }, [4]);
        string[] quantize = ["quantize", _folder["x.npy"], "--labels", _folder["y.npy"], "--ipc", "1", "--out", _out["x"]];
        Refused(3, ["2 masses", "4 rows"], [.. quantize, "--sample-weights", _folder["short.npy"]]);
        Refused(3, ["mass -1 at row 2"], [.. quantize, "--sample-weights", _folder["negative.npy"]]);
        Refused(3, ["masses of class 1 sum to 0"], [.. quantize, "--sample-weights", _folder["none.npy"]]);
        Refused(2, ["--sample-weights"], "quantize", run["latents"], "--ipc", "1", "--sample-weights", _folder["short.npy"], "--out", _out["x"]);
    }

    [Fact]
    public void D4m_FewerSamplesThanABatch_3() =>
        Refused(3, ["20 samples", "less than one batch of 30"], "quantize", run["latents"], "--ipc", "3", "--algorithm", "minibatch", "--quirks", "d4m", "--out", _out["x"]);

    [Fact]
    public void Labels_ForAStore_2() => Refused(2, ["--labels"], "quantize", run["latents"], "--ipc", "1", "--labels", "y.npy", "--out", _out["x"]);

    [Fact]
    public void Device_Cuda_2() => Refused(2, ["--device cuda:0"], "encode", run.Data, "--device", "cuda", "--prior", "none", "--vae", run["vae"], "--out", _out["x"]);

    [Fact]
    public void Out_Exists_2AndUntouched()
    {
        string[][] commands =
        [
            ["encode", run.Data, "--prior", "none", "--vae", run["vae"]], ["quantize", run["latents"], "--ipc", "1"],
            ["synthesize", run["codebook.safetensors"], "--prior", "none", "--vae", run["vae"]],
            ["fit", "vae", run.Data], ["fit", "prior", run.Data, "--vae", run["vae"]], ["fit", "teacher", run.Data],
        ];
        File.WriteAllText(_folder["mine"], "precious");
        foreach (var command in commands) Refused(2, ["exists already", "--force"], [.. command, "--out", _folder["mine"]]);
        Assert.Equal("precious", File.ReadAllText(_folder["mine"]));
    }

    [Fact]
    public void Out_ExistsAndForce_Replaced()
    {
        TinyRun.Done("quantize", run["latents"], "--ipc", "1", "--out", _out["c"]);
        TinyRun.Done("quantize", run["latents"], "--ipc", "2", "--out", _out["c"], "--force");
        Assert.Equal(4, Quantization.Codebook.Load(_out["c"]).Count);
    }

    private void Refused(int code, string[] expected, params string[] command)
    {
        var before = Directory.GetFileSystemEntries(_out.Path);
        var shell = Shell.Run([.. command, "--quiet"]);
        Assert.True(shell.Code == code, $"{string.Join(' ', command)}: exit code {shell.Code}, expected {code}\n{shell.Error}");
        Assert.All(expected, text => Assert.Contains(text, shell.Error, StringComparison.Ordinal));
        Assert.Equal(("", 1), (shell.Out, shell.Error.Count(c => c == '\n')));
        Assert.Equal(before, Directory.GetFileSystemEntries(_out.Path));
    }
}

using System.Text.Json;
using Ddoq.Cli.Tests.CommandLine;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Latents;
using Ddoq.Neural.Evaluation;
using Ddoq.Quantization;

namespace Ddoq.Cli.Tests.Commands;

/// <summary>What each verb leaves behind and prints: the keys that scripts read, and that they say the truth.</summary>
[Collection(TinyRunCollection.Name)]
public sealed class VerbResultTests(TinyRun run) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Encode_Store_HoldsEveryImage()
    {
        Assert.Equal((40, 32, 2), (Whole(run.Encode, "samples"), Whole(run.Encode, "dimension"), Whole(run.Encode, "classes")));
        Assert.Equal(40 / Real(run.Encode, "seconds"), Real(run.Encode, "images_per_second"), 6);
        var store = LatentStore.Open(run["latents"]);
        store.Verify();
        Assert.Equal((40, "2x4x4", "lying standing"), (store.Count, $"{store.Shape}", string.Join(' ', store.ClassNames)));
        Assert.Equal(Text(run.Encode, "encoder_sha256"), store.Description.EncoderSha256);
    }

    [Fact]
    public void Encode_Float32_IsNearFloat16()
    {
        TinyRun.Done("encode", run.Data, "--prior", "none", "--vae", run["vae"], "--out", _folder["exact"], "--precision", "float32");
        var (exact, half) = (LatentStore.Open(_folder["exact"]), LatentStore.Open(run["latents"]));
        Assert.Equal(LatentPrecision.Float32, exact.Description.Precision);
        Assert.All(exact.ReadClass(0).Values.ToArray().Zip(half.ReadClass(0).Values.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-3f * (1 + Math.Abs(pair.First))));
        Assert.NotEqual(exact.ReadClass(0).Values.ToArray(), half.ReadClass(0).Values.ToArray());
    }

    [Fact]
    public void Quantize_Codebook_SaysWhatTheDocumentSays()
    {
        var book = Codebook.Load(run["codebook.safetensors"]);
        var q = run.Quantize;
        Assert.Equal((40, 32, 2, 3), (Whole(q, "samples"), Whole(q, "dimension"), Whole(q, "classes"), Whole(q, "ipc")));
        Assert.Equal(book.Distortion, Real(q, "distortion"), 12);
        Assert.Equal(Math.Sqrt(book.Distortion), Real(q, "w2"), 12);
        Assert.True(Real(q, "w2_equal_weights") >= Real(q, "w2"), "equal weights cannot be nearer than the optimal ones");
        Assert.Equal(book.Iterations, Whole(q, "iterations"));
        Assert.InRange(Real(q, "seconds"), 0, Real(q, "seconds_total"));
        Assert.True(q.GetProperty("peak_memory_bytes").GetInt64() > 1 << 20);
        Assert.Equal((Text(run.Encode, "encoder_sha256"), "data"), (book.EncoderSha256, book.Dataset));
        Assert.All(book.Classes, c => Assert.Equal(20, c.Counts.Sum()));
    }

    [Fact]
    public void Quantize_MatrixWithLabels_OneClassPerLabel()
    {
        float[] rows = [0, 0, 0, 1, 10, 0, 10, 1, 5, 5];
        Formats.NpyFile.Write<float>(_folder["x.npy"], rows, [5, 2]);
        Formats.NpyFile.Write<long>(_folder["y.npy"], new long[] { 0, 0, 1, 1, 1 }, [5]);
        var json = TinyRun.Done("quantize", _folder["x.npy"], "--labels", _folder["y.npy"], "--ipc", "1", "--out", _folder["c.safetensors"]);
        // Class 0: mean (0, 0.5), mean squared distance 0.25. Class 1: mean (25/3, 2), squared distances 61/9, 34/9 and 181/9, mean 92/9.
        Assert.Equal((2 * 0.25 + 3 * (92.0 / 9)) / 5, Real(json, "distortion"), 5);
        Assert.Equal((5, 2, 2), (Whole(json, "samples"), Whole(json, "dimension"), Whole(json, "classes")));
    }

    [Theory]
    [InlineData("--algorithm", "clvq", "--passes", "2")]
    [InlineData("--algorithm", "clvq", "--step", "classical", "--masses", "streaming")]
    [InlineData("--algorithm", "minibatch", "--batch-size", "7", "--passes", "2")]
    [InlineData("--algorithm", "minibatch", "--quirks", "d4m", "--batch-size", "4")]
    [InlineData("--algorithm", "balanced", "--transport", "entropic")]
    [InlineData("--init", "random", "--restarts", "3")]
    [InlineData("--quick")]
    [InlineData("--quick", "--max-iterations", "1", "--trials", "2")]
    [InlineData("--init", "k-means++-plain", "--max-iterations", "1", "--tolerance", "0")]
    public void Quantize_OtherWays_WholeCodebook(params string[] options)
    {
        TinyRun.Done(["quantize", run["latents"], "--ipc", "2", "--out", _folder["c.safetensors"], .. options]);
        Assert.Equal(4, Codebook.Load(_folder["c.safetensors"]).Count);
    }

    [Fact]
    public void Quantize_Balanced_EqualWeightsAndBothDistortions()
    {
        var json = TinyRun.Done("quantize", run["latents"], "--ipc", "4", "--algorithm", "balanced", "--out", _folder["c.safetensors"]);
        var book = Codebook.Load(_folder["c.safetensors"]);
        Assert.All(book.Classes, c => Assert.All(c.Weights, w => Assert.Equal(0.25, w)));
        Assert.All(book.Classes, c => Assert.All(c.Counts, n => Assert.Equal(5, n)));
        Assert.Equal(Real(json, "w2"), Real(json, "w2_equal_weights"), 1e-6);
        Assert.Equal(0, Real(json, "w2_equal_weights_error"));
        Assert.InRange(Real(json, "distortion_voronoi"), 0, Real(json, "distortion"));
        Assert.True(TinyRun.Done("quantize", run["latents"], "--ipc", "4", "--out", _folder["lloyd.safetensors"]).GetProperty("w2_equal_weights").GetDouble() >= Real(json, "w2"));
    }

    [Fact]
    public void Quantize_SampleWeights_MoveTheMeanAndTheMasses()
    {
        Formats.NpyFile.Write<float>(_folder["x.npy"], new float[] { 0, 10, 12, 20 }, [4, 1]);
        Formats.NpyFile.Write<long>(_folder["y.npy"], new long[] { 0, 1, 1, 1 }, [4]);
        Formats.NpyFile.Write<double>(_folder["w.npy"], new double[] { 2, 3, 1, 4 }, [4]);
        TinyRun.Done("quantize", _folder["x.npy"], "--labels", _folder["y.npy"], "--sample-weights", _folder["w.npy"], "--ipc", "2", "--allow-fewer", "--out", _folder["c.safetensors"]);
        var second = Codebook.Load(_folder["c.safetensors"]).Classes[1];
        Assert.Equal([10.5f, 20f], second.Centroids.Order());
        Assert.All(second.Weights, w => Assert.Equal(0.5, w));
    }

    [Fact]
    public void Quantize_Centroids_StartThereForEveryClassOrEachItsOwn()
    {
        Formats.NpyFile.Write<float>(_folder["x.npy"], new float[] { 0, 1, 8, 9, 100, 101, 108, 109 }, [8, 1]);
        Formats.NpyFile.Write<long>(_folder["y.npy"], new long[] { 0, 0, 0, 0, 1, 1, 1, 1 }, [8]);
        Formats.NpyFile.Write<float>(_folder["own.npy"], new float[] { 9, 0, 109, 100 }, [4, 1]);
        Formats.NpyFile.Write<float>(_folder["shared.npy"], new float[] { 70, 3 }, [2, 1]);
        string[] quantize = ["quantize", _folder["x.npy"], "--labels", _folder["y.npy"], "--ipc", "2"];
        TinyRun.Done([.. quantize, "--centroids", _folder["own.npy"], "--out", _folder["a.safetensors"]]);
        Assert.Equal([8.5f, 0.5f, 108.5f, 100.5f], Codebook.Load(_folder["a.safetensors"]).Classes.SelectMany(c => c.Centroids));
        TinyRun.Done([.. quantize, "--centroids", _folder["shared.npy"], "--out", _folder["b.safetensors"]]);
        Assert.Equal(4, Codebook.Load(_folder["b.safetensors"]).Count);
    }

    [Fact]
    public void Quantize_D4mQuirks_StreamingMassesAndDroppedSamples()
    {
        // Batches of 2 in data order; the fifth sample fills none, but the final assignment counts it.
        Formats.NpyFile.Write<float>(_folder["x.npy"], new float[] { 0, 10, 1, 9, 11 }, [5, 1]);
        TinyRun.Done("quantize", _folder["x.npy"], "--ipc", "2", "--algorithm", "minibatch", "--quirks", "d4m", "--batch-size", "2", "--out", _folder["c.safetensors"]);
        var book = Codebook.Load(_folder["c.safetensors"]).Classes[0];
        Assert.Equal([0.5f, 9.5f], book.Centroids.Order());
        Assert.All(book.Weights, w => Assert.Equal(0.5, w));
        Assert.Equal([2, 3], book.Counts.Order());
        TinyRun.Done("quantize", _folder["x.npy"], "--ipc", "2", "--algorithm", "minibatch", "--quirks", "d4m", "--batch-size", "2", "--masses", "final", "--out", _folder["d.safetensors"]);
        Assert.Equal([0.4, 0.6], Codebook.Load(_folder["d.safetensors"]).Classes[0].Weights.Order());
    }

    [Fact]
    public void Quantize_NoEqualWeights_NullInTheDocument() => Assert.Equal(JsonValueKind.Null,
        TinyRun.Done("quantize", run["latents"], "--ipc", "2", "--out", _folder["c"], "--no-equal-weights").GetProperty("w2_equal_weights").ValueKind);

    [Fact]
    public void Quantize_OptionWithoutEffect_IsSaid()
    {
        var shell = Shell.Run("quantize", run["latents"], "--ipc", "2", "--out", _folder["c.safetensors"], "--passes", "2");
        Assert.Equal(0, shell.Code);
        Assert.Contains("--passes has no effect on --algorithm lloyd", shell.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Quantize_TrialsOfARandomStart_HaveNoEffectAndAreSaid()
    {
        var shell = Shell.Run("quantize", run["latents"], "--ipc", "2", "--out", _folder["c.safetensors"], "--init", "random", "--trials", "3");
        Assert.Equal(0, shell.Code);
        Assert.Contains("--trials has no effect on a start by --init random", shell.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Quantize_WithoutOut_WritesOneCodebookHereAndThenRefuses()
    {
        var line = $"cd '{_folder.Path}' && \"$@\" quantize '{run["latents"]}' --ipc 2 --json";
        Assert.Equal(0, BuiltProgram.Bash(line).Code);
        Assert.Equal(2, Codebook.Load(_folder["codebook.safetensors"]).Classes[0].Count);
        var again = BuiltProgram.Bash(line);
        Assert.Equal(2, again.Code);
        Assert.Contains("codebook.safetensors' exists already", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Quantize_SameSeed_SameBytesForAnyThreads()
    {
        foreach (var threads in new[] { "1", "3" })
            TinyRun.Done("quantize", run["latents"], "--ipc", "3", "--seed", "5", "--threads", threads, "--out", _folder[threads]);
        Assert.Equal(File.ReadAllBytes(_folder["1"]), File.ReadAllBytes(_folder["3"]));
    }

    [Fact]
    public void Synthesize_Set_CarriesCodebookAndProvenance()
    {
        Assert.Equal(6, Whole(run.Synthesize, "images"));
        var (set, book) = (DistilledSet.Load(run["set"]), Codebook.Load(run["codebook.safetensors"]));
        Assert.Equal(book.Classes.SelectMany(c => c.Counts).Select(n => (long)n), set.Images.Select(i => i.Count));
        var factors = WeightRules.Apply(WeightRule.SquareRoot, book.Classes[0].Counts);
        Assert.Equal(factors.Select(f => (float)f), set.Images.Take(3).Select(i => i.Weight));
        var p = set.Provenance;
        Assert.Equal(("ddoq", "square-root", "data", book.DatasetFingerprint, 3), (p.Method, p.WeightRule, p.Source.Name, p.Source.Fingerprint, p.ImagesPerClass));
        Assert.Equal(["encoder", "prior", "teacher"], p.Models.Select(m => m.Role));
        Assert.Equal(("lloyd", "2", "statistics of the source"), (p.Options["algorithm"], p.Options["denoising_steps"], p.Options["normalisation"]));
        Assert.Equal(Augmentations.PixelNormalization.Of(DatasetResolver.Open(run.Data, new DatasetOptions())).Mean[0], p.Normalisation.Mean[0], 1e-6);
    }

    [Fact]
    public void Synthesize_NoPrior_DecodesThePoints()
    {
        TinyRun.Done("synthesize", run["codebook.safetensors"], "--prior", "none", "--vae", run["vae"], "--weights", "equal", "--out", _folder["set"]);
        var set = DistilledSet.Load(_folder["set"]);
        var codec = Neural.Encoding.VaeCodec.Load(run["vae"]);
        var pixels = new byte[3 * TinyImages.Shape.Size];
        codec.Decode(Codebook.Load(run["codebook.safetensors"]).Classes[1].Centroids, pixels);
        Assert.Equal(pixels, set.Pixels[(3 * TinyImages.Shape.Size)..].ToArray());
        Assert.All(set.Images, image => Assert.Equal(1, image.Weight));
        Assert.Equal("statistics of the images made", set.Provenance.Options["normalisation"]);
    }

    [Fact]
    public void Label_Set_HasLabelsAndStillVerifies()
    {
        var labels = DistilledSet.Load(run["set"]).SoftLabels!;
        Assert.Equal((6, 4, 2), (labels.Count, labels.Views, labels.Classes));
        Assert.Equal((6, 6 * 4 * 2 * 2L), (Whole(run.Label, "images"), run.Label.GetProperty("bytes").GetInt64()));
        Assert.True(TinyRun.Done("verify", run["set"]).GetProperty("ok").GetBoolean());
    }

    [Fact]
    public void Label_Again_NeedsForce()
    {
        run.Copy("set", _folder["set"]);
        var refused = Shell.Run("label", _folder["set"], "--teacher", run["teacher"]);
        Assert.Equal(2, refused.Code);
        Assert.Contains("--force", refused.Error, StringComparison.Ordinal);
        TinyRun.Done("label", _folder["set"], "--teacher", run["teacher"], "--views", "1", "--shift", "0", "--no-flip", "--temperature", "2", "--force");
        var labels = DistilledSet.Load(_folder["set"]).SoftLabels!;
        Assert.Equal((1, 2f, "shift=0,flip=0"), (labels.Views, labels.Temperature, labels.AugmentationName));
        Assert.Equal([_folder["set"]], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Train_Scores_AreMeanAndSpreadOfTheSeeds()
    {
        var t = run.Train;
        Assert.Equal(("ConvNet-3 w16", "soft+", "square-root"), (Text(t, "student"), Text(t, "protocol"), Text(t, "weights")));
        var last = t.GetProperty("seeds").EnumerateArray().Select(s => Real(s, "last")).ToArray();
        Assert.Equal(2, last.Length);
        var spread = Spread.Of(last);
        Assert.Equal((spread.Mean, spread.Std, spread.Ci95), Read(t.GetProperty("last")));
        Assert.True(Read(t.GetProperty("best")).Mean >= spread.Mean);
        Assert.True(Real(t, "seconds") > 0);
    }

    [Theory]
    [InlineData("convnet4")]
    [InlineData("resnet18")]
    [InlineData("resnet_ap10")]
    [InlineData("mobilenet_v2")]
    [InlineData("efficientnet_b0")]
    public void Train_EveryStudent_ScoresAndIsRepeatable(string student)
    {
        double[] Last() => [.. TinyRun.Done("train", run["set"], "--test", run.Test, "--student", student, "--protocol", "hard", "--epochs", "2", "--seeds", "1").GetProperty("seeds").EnumerateArray().Select(s => s.GetProperty("last").GetDouble())];
        var last = Last();
        Assert.All(last, l => Assert.InRange(l, 0, 1));
        Assert.Equal(last, Last());
    }

    // A set beside itself as its own random images: no improvement, and the scores that follow from that by hand.
    [Fact]
    public void Train_References_PrintsTheScores()
    {
        run.Copy("set", _folder["references/random"]);
        File.WriteAllText(_folder["references/real.json"], """{ "accuracy": 0.9 }""");
        string[] train = ["train", run["set"], "--test", run.Test, "--protocol", "hard", "--student", "convnet2-w8", "--epochs", "2", "--seeds", "2", "--references", _folder["references"]];
        var json = TinyRun.Done(train);
        Assert.Equal(0, Real(json, "ior"), 12);
        Assert.Equal(0.9 - Read(json.GetProperty("last")).Mean, Real(json, "hlr"), 12);
        Assert.Equal(RankingScores.Lrs(0, Real(json, "hlr")), Real(json, "lrs"), 12);
        Assert.Equal(RankingScores.Ars(0, 0), Real(json, "ars"), 12);
        File.WriteAllText(_folder["references/real.json"], """{ "accuracy": 90 }""");
        var refused = Shell.Run(train);
        Assert.Equal(3, refused.Code);
        Assert.Contains("in [0, 1]", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Label_ForAProtocol_MakesItsViewsAndRefusesOthers()
    {
        run.Copy("set", _folder["set"]);
        var json = TinyRun.Done("label", _folder["set"], "--teacher", run["teacher"], "--for", "C", "--views", "3", "--force", "--bits", "8");
        Assert.Equal((3, 30.0, 8), (Whole(json, "views"), Real(json, "temperature"), Whole(json, "bits")));
        Assert.Equal(3 * 6 * (2 + 4), Whole(json, "bytes"));
        Assert.Equal("shift=4,flip=1", DistilledSet.Load(_folder["set"]).SoftLabels!.AugmentationName);
        TinyRun.Done("train", _folder["set"], "--test", run.Test, "--protocol", "C", "--student", "convnet2-w8", "--epochs", "2", "--seeds", "1");
        Assert.Equal(2, Shell.Run("label", _folder["set"], "--teacher", run["teacher"], "--for", "A", "--force").Code);
        Assert.Equal(2, Shell.Run("label", _folder["set"], "--teacher", run["teacher"], "--top-k", "5", "--force").Code);
    }

    [Fact]
    public void Train_WidthOfANetworkThatHasNone_IsAUsageError()
    {
        var shell = Shell.Run("train", run["set"], "--test", run.Test, "--student", "resnet18", "--width", "8", "--protocol", "hard");
        Assert.Equal(2, shell.Code);
        Assert.Contains("resnet18", shell.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_ForPeople_TableAndTheNoteOnBest()
    {
        var shell = Shell.Run("train", run["set"], "--test", run.Test, "--protocol", "A", "--epochs", "1", "--width", "16", "--seeds", "2", "--weights", "raw");
        Assert.Equal(0, shell.Code);
        Assert.Contains("chosen on the test set", shell.Error, StringComparison.Ordinal);
        Assert.Matches(@"mean +\d+\.\d\d % +\d+\.\d\d %", shell.Out);
        Assert.Matches("weights +raw", shell.Out);
    }

    [Fact]
    public void Train_TestSetWithFewerClasses_LabelsAreMatchedByName()
    {
        // Alone in its folder a class has label 0; scored under its own label, the two halves make up the whole.
        TinyImages.WriteFolders(_folder["both"], 10, 1000);
        foreach (var name in TinyImages.Classes) Directory.CreateDirectory(_folder[name]);
        foreach (var name in TinyImages.Classes) CopyFolder(Path.Combine(_folder["both"], name), Path.Combine(_folder[name], name));
        double Last(string test) => Read(TinyRun.Done("train", run["set"], "--test", _folder[test], "--protocol", "hard", "--epochs", "3", "--width", "16", "--seeds", "1").GetProperty("last")).Mean;
        var (lying, standing) = (Last("lying"), Last("standing"));
        Assert.Equal((lying + standing) / 2, Last("both"), 9);
    }

    [Fact]
    public void Distill_SameOptions_SameBytesAsStageByStage()
    {
        TinyRun.Done("distill", run.Data, "--ipc", "3", "--prior", run["prior"], "--vae", run["vae"], "--teacher", run["teacher"], "--steps", "2", "--views", "4", "--out", _folder["whole"]);
        var files = Directory.EnumerateFiles(run["set"], "*.png", SearchOption.AllDirectories).Append(Path.Combine(run["set"], "targets.safetensors")).ToList();
        Assert.Equal(7, files.Count);
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(_folder["whole"], Path.GetRelativePath(run["set"], file)))));
    }

    // Half of the second class's images are the first's: it is the one that the teacher doubts.
    [Theory]
    [InlineData("random", "--spread", "doubt")]
    [InlineData("ddoq", "--spread", "doubt")]
    [InlineData("ddoq-spread", "--match-steps", "1")]
    public void Distill_SpreadByDoubt_MoreOfTheDoubtedClass(string method, string option, string value)
    {
        TinyImages.WriteFolders(_folder["mixed"], 20, 0, TinyImages.Classes[0]);
        Directory.CreateDirectory(_folder[$"mixed/{TinyImages.Classes[1]}"]);
        for (var i = 0; i < 20; i++) TinyImages.WritePng(_folder[$"mixed/{TinyImages.Classes[1]}/{i:D3}.png"], TinyImages.Draw(i % 2, 50 + i), TinyImages.Shape);
        var json = TinyRun.Done("distill", _folder["mixed"], "--ipc", "6", "--method", method, option, value, "--prior", run["prior"], "--vae", run["vae"], "--teacher", run["teacher"], "--steps", "1", "--views", "1", "--out", _folder["spread"]);
        Assert.Equal((12, 6), (Whole(json, "images"), Whole(json, "ipc")));
        var set = DistilledSet.Load(_folder["spread"]);
        int[] counts = [.. Enumerable.Range(0, 2).Select(c => set.Images.Count(i => i.Label == c))];
        var doubted = DoubtOf(set.ClassNames, run["teacher"], _folder["mixed"]);
        Assert.Equal(Planning.NeymanAllocation.Spread([20, 20], doubted, 12, [3, 3]), counts);
        Assert.True(counts[1] > counts[0], $"{counts[0]} and {counts[1]}");
        Assert.Equal("doubt", set.Provenance.Options["spread"]);
        Assert.All(set.Images.GroupBy(i => i.Label), g => Assert.Equal(1, g.Average(i => i.Weight), 1e-5));
    }

    private double[] DoubtOf(IReadOnlyList<string> classes, string teacher, string data)
    {
        var (knower, images) = (Neural.Labelling.Teacher.Load(teacher), ImageFolderDataset.Open("mixed", data, new DatasetOptions()));
        Assert.Equal(classes, images.ClassNames);
        return Neural.Labelling.TeacherDoubt.Of(knower, Neural.Encoding.DatasetEncoding.Encode(images, new Neural.Labelling.TeacherFeatures(knower), _folder["seen"]));
    }

    // A class of 20 and one of 3: every method gives 5 and 3, or says what to pass.
    [Theory]
    [InlineData("random")]
    [InlineData("herding")]
    [InlineData("k-center")]
    [InlineData("kmeans-medoid")]
    [InlineData("vae-random")]
    [InlineData("prior-random")]
    [InlineData("ddoq")]
    public void Distill_AllowFewer_AClassKeepsWhatItHas(string method)
    {
        TinyImages.WriteFolders(_folder["uneven"], 20, 0, TinyImages.Classes[0]);
        TinyImages.WriteFolders(_folder["uneven"], 3, 0, TinyImages.Classes[1]);
        string[] command = ["distill", _folder["uneven"], "--ipc", "5", "--method", method, "--prior", run["prior"], "--vae", run["vae"], "--teacher", run["teacher"], "--steps", "1", "--views", "1", "--out", _folder["fewer"]];
        var refused = Shell.Run(command);
        Assert.Equal((3, true), (refused.Code, refused.Error.Contains("--allow-fewer", StringComparison.Ordinal)));
        TinyRun.Done([.. command, "--allow-fewer", "--force"]);
        Assert.Equal([5, 3], DistilledSet.Load(_folder["fewer"]).Images.CountBy(i => i.Label).OrderBy(p => p.Key).Select(p => p.Value));
    }

    // A method brings its own options, and what is given counts instead.
    [Fact]
    public void Distill_MethodWithOptionsOfItsOwn_TakesThoseThatAreGiven()
    {
        IReadOnlyDictionary<string, string> Options(string output, params string[] more)
        {
            TinyRun.Done(["distill", run.Data, "--ipc", "2", "--method", "ddoq-anchored", "--prior", run["prior"], "--vae", run["vae"], "--teacher", run["teacher"], "--steps", "2", "--views", "1", "--out", _folder[output], .. more]);
            return DistilledSet.Load(_folder[output]).Provenance.Options;
        }
        var (own, given) = (Options("own", "--match-steps", "3"), Options("given", "--match-steps", "3", "--match-networks", "random", "--match-moments", "1", "--start-snr", "4"));
        Assert.Equal(("medoids", "of medoids"), (own["start_points"], own["detail"]));
        Assert.Equal(own["start_points"], given["start_points"]);
        Assert.StartsWith("3 steps of 0.05", own["matching"], StringComparison.Ordinal);
        Assert.EndsWith("the teacher, two moments", own["matching"], StringComparison.Ordinal);
        Assert.EndsWith("width 32", given["matching"], StringComparison.Ordinal);
        Assert.NotEqual(DistilledSet.Load(_folder["own"]).Pixels.ToArray(), DistilledSet.Load(_folder["given"]).Pixels.ToArray());
        Assert.Equal(2, Shell.Run("distill", run.Data, "--ipc", "2", "--keep-detail", "--out", _folder["none"]).Code);
        var members = Options("members", "--match-steps", "0", "--start-points", "members");
        Assert.Equal(("members", "of members"), (members["start_points"], members["detail"]));
        Assert.Equal(2, Shell.Run("distill", run.Data, "--ipc", "2", "--start-points", "members", "--space", "teacher", "--out", _folder["none"]).Code);
    }

    [Fact]
    public void Pca_FromImagesToSet_NeedsNoModel()
    {
        var shell = Shell.Run("encode", run.Data, "--prior", "pca", "--out", _folder["latents"]);
        Assert.Equal(0, shell.Code);
        Assert.Contains("the fitted basis is in", shell.Error, StringComparison.Ordinal);
        Assert.Equal([_folder["latents"]], Directory.GetFileSystemEntries(_folder.Path));
        LatentStore.Open(_folder["latents"]).Verify();
        var basis = TinyRun.Done("inspect", _folder["latents/pca"]);
        Assert.Equal((LatentStore.Open(_folder["latents"]).Description.EncoderSha256, "pca"), (Text(basis, "sha256"), Text(basis, "model")));
        TinyRun.Done("quantize", _folder["latents"], "--ipc", "20", "--out", _folder["c.safetensors"]);
        TinyRun.Done("synthesize", _folder["c.safetensors"], "--prior", _folder["latents"], "--out", _folder["set"]);
        Assert.Equal(2, Shell.Run("synthesize", _folder["c.safetensors"], "--prior", "pca", "--out", _folder["other"]).Code);

        // As many points as images and almost as many axes: every image comes back, to the rounding of the store.
        var (set, data) = (DistilledSet.Load(_folder["set"]), DatasetResolver.Open(run.Data, new DatasetOptions()));
        var nearest = Enumerable.Range(0, set.Count).Select(i => Enumerable.Range(0, data.Count).Min(j => Difference(set, i, data, j)));
        Assert.True(nearest.Max() < 3, "an image of the set is no image of the data");
    }

    [Fact]
    public void DistilledSet_AsData_IsEncodedLikeAnyOther()
    {
        TinyRun.Done("encode", run["set"], "--prior", "none", "--vae", run["vae"], "--out", _folder["again"]);
        Assert.Equal(6, LatentStore.Open(_folder["again"]).Count);
        Assert.Equal("distilled_set", Text(TinyRun.Done("inspect", run["set"]), "kind"));
    }

    [Fact]
    public void Report_Run_MakesThePageAgain()
    {
        Directory.CreateDirectory(_folder["run"]);
        Reporting.SampleReports.Create(2, 2).Save(Path.Combine(_folder["run"], "run.json"));
        var page = Text(TinyRun.Done("report", _folder["run"]), "report");
        Assert.Equal(Path.Combine(_folder["run"], "report.html"), page);
        Assert.Contains("ddoq report", File.ReadAllText(page), StringComparison.Ordinal);
        Assert.Equal(3, Shell.Run("report", _folder["absent"]).Code);
    }

    [Fact]
    public void Inspect_Models_TheirNumbers()
    {
        var vae = TinyRun.Done("inspect", run["vae"]);
        Assert.Equal(("model", "vae", 2), (Text(vae, "kind"), Text(vae, "model"), Whole(vae, "latent_channels")));
        Assert.Equal(Text(run.Vae, "sha256"), Text(vae, "sha256"));
        Assert.Contains("model (teacher)", Shell.Run("inspect", run["teacher"]).Out, StringComparison.Ordinal);
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    private static double Difference(DistilledSet set, int i, IImageDataset data, int j)
    {
        var (made, real) = (new byte[data.Shape.Size], new byte[data.Shape.Size]);
        set.Read(i, made);
        data.Read(j, real);
        return made.Zip(real, (a, b) => Math.Abs(a - b)).Average();
    }

    private static int Whole(JsonElement json, string key) => json.GetProperty(key).GetInt32();

    private static double Real(JsonElement json, string key) => json.GetProperty(key).GetDouble();

    private static string Text(JsonElement json, string key) => json.GetProperty(key).GetString()!;

    private static (double Mean, double Std, double Ci95) Read(JsonElement spread) => (Real(spread, "mean"), Real(spread, "std"), Real(spread, "ci95"));
}

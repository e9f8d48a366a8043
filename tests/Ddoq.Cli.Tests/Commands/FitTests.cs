using System.Diagnostics;
using System.Text.Json;
using Ddoq.Cli.Commands.Fitting;
using Ddoq.Cli.Tests.CommandLine;
using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Training;

namespace Ddoq.Cli.Tests.Commands;

[Collection(TinyRunCollection.Name)]
public sealed class FitTests(TinyRun run) : IDisposable
{
    private static readonly string[] Quick = ["--epochs", "2", "--batch-size", "8", "--width", "16", "--depth", "1", "--threads", "1"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Fit_Vae_KeysAndMeasuredQuality()
    {
        Assert.Equal(1, run.Vae.GetProperty("epochs").GetInt32());
        Assert.True(run.Vae.GetProperty("seconds").GetDouble() > 0);
        var psnr = run.Vae.GetProperty("psnr").GetDouble();
        Assert.Equal(Neural.Encoding.Reconstruction.Psnr(Neural.Encoding.VaeCodec.Load(run["vae"]), DatasetResolver.Open(run.Test, new DatasetOptions())), psnr, 9);
        Assert.True(run.Vae.GetProperty("baseline").GetDouble() > 0);
    }

    [Fact]
    public void Fit_Prior_KeysAndLoss()
    {
        Assert.Equal(1, run.Prior.GetProperty("epochs").GetInt32());
        Assert.InRange(run.Prior.GetProperty("loss").GetDouble(), 0.01, 10);
        Assert.Equal(ModelFolder.Open(run["vae"], "vae").Hash, ModelFolder.Open(run["prior"], "prior").Settings<PriorSettings>().EncoderSha256);
    }

    [Fact]
    public void Fit_Teacher_BeatsChance()
    {
        Assert.Equal(0.5, run.Teacher.GetProperty("baseline").GetDouble());
        Assert.InRange(run.Teacher.GetProperty("accuracy").GetDouble(), 0.75, 1);
    }

    // A teacher that was kept on the way is the one that a shorter look at the same training would give, and labels by --teacher-epoch.
    [Fact]
    public void Fit_TeacherKeepEpochs_KeepsThemAndLabelsWithThem()
    {
        string[] fit = ["fit", "teacher", run.Data, "--test", run.Test, .. Quick.Skip(2), "--epochs", "3", "--out"];
        TinyRun.Done([.. fit, _folder["teacher"], "--keep-epochs", "1,3"]);
        Assert.Equal(["1", "3"], Directory.EnumerateDirectories(_folder["teacher/epochs"]).Select(Path.GetFileName).Order());
        Assert.Equal(File.ReadAllBytes(_folder["teacher/model.safetensors"]), File.ReadAllBytes(_folder["teacher/epochs/3/model.safetensors"]));
        Assert.Equal(1, ModelFolder.Open(_folder["teacher/epochs/1"], "teacher").Settings<ClassifierSettings>().Epochs);
        TinyRun.Done([.. fit, _folder["plain"]]); // keeping some changes nothing in the training
        Assert.Equal(File.ReadAllBytes(_folder["plain/model.safetensors"]), File.ReadAllBytes(_folder["teacher/model.safetensors"]));
        run.Copy("set", _folder["set"]);
        TinyRun.Done("label", _folder["set"], "--teacher", _folder["teacher"], "--teacher-epoch", "1", "--force", "--top-k", "1", "--bits", "8");
        Assert.Equal(ModelFolder.Open(_folder["teacher/epochs/1"], "teacher").Hash, Ddoq.Distilled.DistilledSet.Load(_folder["set"]).SoftLabels!.TeacherHash);
        var refused = Shell.Run("label", _folder["set"], "--teacher", _folder["teacher"], "--teacher-epoch", "2", "--force");
        Assert.Equal(2, refused.Code);
        Assert.Contains("kept: 1, 3", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vae", "ddoq fit vae ", "psnr", "--latent-channels 2 --width 16")]
    [InlineData("prior", "ddoq fit prior ", "loss", "--hidden 16 --depth 1 --heads 2")]
    [InlineData("teacher", "ddoq fit teacher ", "accuracy", "--width 16 --depth 2")]
    public void Fit_Card_SaysHowToTrainAgainAndHowGood(string model, string command, string quality, string options)
    {
        var card = File.ReadAllText(Path.Combine(run[model], "README.md"));
        Assert.Contains(command, card, StringComparison.Ordinal);
        Assert.Contains(options, card, StringComparison.Ordinal);
        Assert.Contains("--seed 0 --out " + model + " --threads ", card, StringComparison.Ordinal);
        Assert.Contains($"| measured on | {quality} | without a model |", card, StringComparison.Ordinal);
        Assert.Contains("Licence of the data: unknown", card, StringComparison.Ordinal);
        Assert.Contains(DatasetResolver.Open(run.Data, new DatasetOptions()).Fingerprint, card, StringComparison.Ordinal);
        Assert.False(Directory.Exists(run[model + ".training"]));
    }

    [Fact]
    public void Fit_CommandOfTheCard_GivesTheSameWeights()
    {
        Fit("first");
        var card = File.ReadAllLines(Path.Combine(_folder["first"], "README.md"));
        var words = card.Single(line => line.StartsWith("ddoq fit teacher ", StringComparison.Ordinal)).Split(' ')[1..];
        words[Array.IndexOf(words, "--out") + 1] = _folder["second"];
        TinyRun.Done(words);
        Assert.Equal(Weights("first"), Weights("second"));
    }

    [Fact]
    public void Fit_CutShortAndResumed_SameBitsAsInOneGo()
    {
        Fit("whole/teacher");
        CutShortAfterOneEpoch("cut/teacher", FitRequest.Load(_folder["whole/teacher"])!);
        Fit("cut/teacher", "--resume");
        Assert.Equal(Weights("whole/teacher"), Weights("cut/teacher"));
        Assert.Equal([_folder["cut/teacher"]], Directory.GetFileSystemEntries(_folder["cut"]));
    }

    [Fact]
    public void Fit_EarlierTraining_RefusedUnlessResumedOrForced()
    {
        Fit("whole/teacher");
        CutShortAfterOneEpoch("cut/teacher", FitRequest.Load(_folder["whole/teacher"])!);
        var refused = Try("cut/teacher");
        Assert.Equal(2, refused.Code);
        Assert.Contains("--resume", refused.Error, StringComparison.Ordinal);
        Assert.True(Directory.Exists(_folder["cut/teacher.training/checkpoint"]));

        var other = Shell.Run(["fit", "teacher", run.Data, "--out", _folder["cut/teacher"], .. Quick, "--shift", "1", "--resume"]);
        Assert.Equal(2, other.Code);
        Assert.Contains("--shift 2", other.Error, StringComparison.Ordinal);

        Fit("cut/teacher", "--force");
        Assert.Equal(Weights("whole/teacher"), Weights("cut/teacher"));
    }

    [Fact]
    public void Fit_FinishedAndResumed_SaysSoAndChangesNothing()
    {
        Fit("teacher");
        var before = File.GetLastWriteTimeUtc(Path.Combine(_folder["teacher"], "model.safetensors"));
        var shell = Try("teacher", "--resume", "--json");
        Assert.Equal((0, 2), (shell.Code, shell.Json.GetProperty("epochs").GetInt32()));
        Assert.Contains("finished already", shell.Error, StringComparison.Ordinal);
        Assert.Equal(before, File.GetLastWriteTimeUtc(Path.Combine(_folder["teacher"], "model.safetensors")));
        Assert.Equal(2, Shell.Run(["fit", "teacher", run.Data, "--out", _folder["teacher"], .. Quick.Skip(2), "--epochs", "3", "--resume"]).Code);
        Assert.Equal(2, Try("teacher").Code);
    }

    [Fact]
    public void Fit_DamagedCheckpoint_3AndNothingIsWritten()
    {
        Fit("whole/teacher");
        CutShortAfterOneEpoch("cut/teacher", FitRequest.Load(_folder["whole/teacher"])!);
        File.WriteAllBytes(_folder["cut/teacher.training/checkpoint/optimizer.safetensors"], [1, 2, 3]);
        var shell = Try("cut/teacher", "--resume");
        Assert.Equal(3, shell.Code);
        Assert.Contains("optimizer.safetensors", shell.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["cut/teacher"]));
    }

    [Fact]
    public void Fit_LeftOversOfAKill_AreRecovered()
    {
        Fit("whole/teacher");
        CutShortAfterOneEpoch("cut/teacher", FitRequest.Load(_folder["whole/teacher"])!);
        var training = _folder["cut/teacher.training"];
        Directory.Move(Path.Combine(training, "checkpoint"), Path.Combine(training, "checkpoint.replaced-12345"));
        Directory.CreateDirectory(Path.Combine(training, "checkpoint.incomplete-12345"));
        Fit("cut/teacher", "--resume");
        Assert.Equal(Weights("whole/teacher"), Weights("cut/teacher"));
    }

    [Fact]
    public void Fit_Interrupted_130KeepsTheStateAndNothingElse()
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [BuiltProgram.Assembly, "fit", "teacher", run.Data, "--out", _folder["teacher"], "--epochs", "100000", "--width", "16", "--depth", "1", "--threads", "1", "--quiet"]))!;
        Assert.True(SpinWait.SpinUntil(() => Directory.Exists(_folder["teacher.training/checkpoint"]), TimeSpan.FromMinutes(1)), "no epoch was finished");
        using (var kill = Process.Start("kill", ["-s", "INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])) kill.WaitForExit();
        if (!process.WaitForExit(TimeSpan.FromMinutes(1))) process.Kill();
        Assert.Equal(130, process.ExitCode);
        Assert.Equal([_folder["teacher.training"]], Directory.GetFileSystemEntries(_folder.Path));
        Assert.True(FitRequest.Load(_folder["teacher.training"])!.Seconds > 0);
    }

    [Fact]
    public void Fit_NoEpochFinished_NothingIsKept()
    {
        var shell = Shell.Run(["fit", "teacher", run.Data, "--out", _folder["teacher"], .. Quick, "--learning-rate", "0.99", "--test", _folder["absent"]]);
        Assert.Equal(3, shell.Code);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("--hidden", "30")]
    [InlineData("--hidden", "16", "--heads", "3")]
    [InlineData("--patch", "3")]
    public void Fit_PriorOfImpossibleShape_2(params string[] options)
    {
        Assert.Equal(2, Shell.Run(["fit", "prior", run.Data, "--vae", run["vae"], "--out", _folder["prior"], .. options]).Code);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    private void Fit(string name, params string[] options)
    {
        var shell = Try(name, [.. options, "--quiet"]);
        Assert.Equal((0, ""), (shell.Code, shell.Error));
    }

    private Shell Try(string name, params string[] options) => Shell.Run(["fit", "teacher", run.Data, "--out", _folder[name], .. Quick, .. options]);

    private byte[] Weights(string name) => File.ReadAllBytes(Path.Combine(_folder[name], "model.safetensors"));

    /// <summary>The state that a kill in the second epoch leaves.</summary>
    private void CutShortAfterOneEpoch(string name, FitRequest request)
    {
        var training = Directory.CreateDirectory(_folder[name + ".training"]).FullName;
        (request with { Seconds = 1 }).Save(training);
        using var cut = new CancellationTokenSource();
        var options = new TeacherOptions { Width = 16, Depth = 1, Schedule = new TeacherOptions().Schedule with { Epochs = 2, BatchSize = 8 } };
        Neural.Runtime.Libtorch.Start(new() { Threads = 1 });
        Assert.Throws<OperationCanceledException>(() => TeacherTrainer.Fit(DatasetResolver.Open(run.Data, new DatasetOptions()), null, options, new SeedSequence(0),
            _folder["nowhere"], Path.Combine(training, "checkpoint"), new CutAfter(cut, 7), cut.Token));
    }

    // Five steps an epoch.
    private sealed class CutAfter(CancellationTokenSource source, int step) : IProgress<StageProgress>
    {
        public void Report(StageProgress value)
        {
            if (value.Done >= step) source.Cancel();
        }
    }
}

using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Labelling;
using Ddoq.Neural.Synthesis;
using Ddoq.Neural.Training;

namespace Ddoq.Neural.Tests.Training;

/// <summary>The three trainers on a handful of real images: losses fall, models load.</summary>
public sealed class TrainersTests
{
    private static readonly FitSchedule Short = new() { Epochs = 2, BatchSize = 20, LearningRate = 3e-3, WarmUp = 3, AverageDecay = 0.8 };

    [Fact]
    public void TeacherFit_RealImages_LearnsAndLoads()
    {
        using var folder = new TemporaryFolder();
        var progress = new Recorder();
        var options = new TeacherOptions { Width = 16, Schedule = Short };
        var (outcome, settings) = TeacherTrainer.Fit(FashionImages.Take(200), FashionImages.Take(100, first: 1000), options, new SeedSequence(1), folder.Path, progress: progress);
        RequireFalling(progress);
        Assert.InRange(settings.Accuracy!.Value, 0.2, 1); // chance is 0.1
        var teacher = Teacher.Load(folder.Path);
        Assert.Equal(settings.Accuracy, teacher.Settings.Accuracy);
        Assert.Equal(64, teacher.Hash.Length);
        teacher.RequireFits(FashionImages.Take(5));
        Assert.Equal(progress.EpochLosses[^1], outcome.Loss, 1e-3);
    }

    [Fact]
    public void VaeAndPriorFit_RealImages_LearnAndWorkTogether()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "vae", "prior" }) Directory.CreateDirectory(folder[name]);
        var images = FashionImages.Take(200);
        var progress = new Recorder();
        var (_, vae) = VaeTrainer.Fit(images, null, new VaeOptions { LatentChannels = 2, Width = 16, Schedule = Short }, new SeedSequence(2), folder["vae"], progress: progress);
        RequireFalling(progress);
        var codec = VaeCodec.Load(folder["vae"]);
        Assert.Equal(Reconstruction.Psnr(codec, images), vae.Psnr!.Value, 1e-9); // reported as stored

        var store = DatasetEncoding.Encode(images, codec, folder["latents"]);
        Assert.Equal(1, Variance(store), 0.05); // the latent scale does its work
        progress = new Recorder();
        var options = new PriorOptions { Hidden = 32, Depth = 1, Heads = 2, Schedule = Short };
        PriorTrainer.Fit(store, options, new SeedSequence(3), folder["prior"], progress: progress);
        RequireFalling(progress);
        var prior = DiTPrior.Load(folder["prior"], new SynthesisOptions { Steps = 3 });
        Assert.Equal(codec.Hash, prior.EncoderHash);
        Assert.True(prior.Classes.Know(images.ClassNames));
        var refined = prior.Refine(new float[2 * codec.Latent.Dimension], codec.Latent, new ClassLabel(4, "4"), new SeedSequence(1), default);
        Assert.All(refined, v => Assert.True(float.IsFinite(v)));
        Assert.Equal(refined, DiTPrior.Load(folder["prior"], new SynthesisOptions { Steps = 3 }).Refine(new float[2 * codec.Latent.Dimension], codec.Latent, new ClassLabel(4, "4"), new SeedSequence(1), default));
    }

    private static void RequireFalling(Recorder progress) => Assert.True(progress.EpochLosses[^1] < progress.EpochLosses[0], string.Join(", ", progress.EpochLosses));

    private static double Variance(LatentStore store)
    {
        double[] all = [.. Enumerable.Range(0, store.ClassCount).SelectMany(c => store.ReadClass(c).Values.ToArray()).Select(v => (double)v)];
        var mean = all.Average();
        return all.Average(v => (v - mean) * (v - mean));
    }
}

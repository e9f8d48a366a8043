using Ddoq.Cli.Tests.CommandLine;
using Ddoq.Distilled;

namespace Ddoq.Cli.Tests.Commands;

/// <summary>Folders in diffusers layout as priors, from images to a finished set.</summary>
[Collection(TinyRunCollection.Name)]
public sealed class DiffusersTests(TinyRun run) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Distill_StableDiffusionFolder_FinishesTheSet()
    {
        TinyDiffusers.WriteStableDiffusion(_folder["sd"]);
        RequireSet(Distill("sd", "set"));
    }

    [Fact]
    public void Distill_DiTFolderWithNames_FinishesTheSet()
    {
        TinyDiffusers.WriteDiT(_folder["dit"], "upright, standing", "something else", "lying, flat");
        RequireSet(Distill("dit", "set"));
    }

    [Fact]
    public void Distill_DiTFolderWithoutNames_TakesTheLabelsAsTheyAre()
    {
        TinyDiffusers.WriteDiT(_folder["dit"]);
        RequireSet(Distill("dit", "set"));
    }

    [Fact]
    public void Distill_StableDiffusionTwice_GivesTheSameImages()
    {
        TinyDiffusers.WriteStableDiffusion(_folder["sd"]);
        var (one, two) = (DistilledSet.Load(Distill("sd", "one")), DistilledSet.Load(Distill("sd", "two")));
        Assert.Equal(one.Pixels.ToArray(), two.Pixels.ToArray());
        Assert.NotEqual(one.Pixels.ToArray()[..one.Shape.Size], one.Pixels.ToArray()[one.Shape.Size..(2 * one.Shape.Size)]);
    }

    [Fact]
    public void Distill_DiTThatLacksAClass_IsRefusedAndNamesThem()
    {
        TinyDiffusers.WriteDiT(_folder["dit"], "standing", "sitting");
        var shell = Shell.Run(Command("dit", "set"));
        Assert.Equal(3, shell.Code);
        Assert.Contains("lying", shell.Error, StringComparison.Ordinal);
        Assert.Contains("sitting", shell.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["set"]));
    }

    [Theory]
    [InlineData("--preset", "d4m", "--steps", "4")]
    [InlineData("--preset", "ddoq-ldm", "--steps", "4", "--prompt", "a photo of {}")]
    [InlineData("--start", "inverted", "--steps", "3")]
    [InlineData("--start", "noise", "--steps", "2", "--sampler", "ddpm")]
    [InlineData("--start-timestep", "300", "--steps", "2", "--sampler", "dpm-solver")]
    [InlineData("--strength", "0.5", "--steps", "4", "--sampler", "heun")]
    [InlineData("--steps", "2", "--dtype", "bfloat16", "--latents", "sample")]
    public void Distill_StableDiffusionByEveryRecipe_FinishesTheSetAndKeepsItsOptions(params string[] options)
    {
        TinyDiffusers.WriteStableDiffusion(_folder["sd"]);
        TinyRun.Done([.. Command("sd", "set"), .. options]);
        RequireSet(_folder["set"]);
        var kept = DistilledSet.Load(_folder["set"]).Provenance.Options;
        if (options.Contains("d4m"))
            Assert.Equal(("0.7", "8", "pndm", "cartoon, anime, painting", "minibatch", "drawn from the posterior"),
                (kept["strength"], kept["guidance_scale"], kept["sampler"], kept["negative_prompt"], kept["algorithm"], kept["latents"]));
        if (options.Contains("inverted")) Assert.Equal("inverted", kept["start"]);
    }

    [Theory]
    [InlineData("--preset", "ddoq-dit", "--steps", "3")]
    [InlineData("--start", "inverted", "--steps", "2")]
    [InlineData("--dtype", "bfloat16", "--steps", "2")]
    [InlineData("--sampler", "ddpm", "--guided-channels", "8", "--steps", "2")]
    public void Distill_DiTByEveryRecipe_FinishesTheSet(params string[] options)
    {
        TinyDiffusers.WriteDiT(_folder["dit"]);
        TinyRun.Done([.. Command("dit", "set"), .. options]);
        RequireSet(_folder["set"]);
    }

    [Fact]
    public void Distill_InvertedStartWithoutADiffusionPrior_IsRefusedBeforeAnyWork()
    {
        var shell = Shell.Run("distill", run.Data, "--ipc", "3", "--prior", "pca", "--teacher", run["teacher"], "--start", "inverted", "--out", _folder["set"]);
        Assert.Equal(2, shell.Code);
        Assert.Contains("--start noised", shell.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("encode", shell.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    // Eight are all that the network gives, four of which are the variance: guidance must leave those alone.
    [Fact]
    public void Distill_GuidedChannelsBeyondTheLatent_IsAllOfThem()
    {
        TinyDiffusers.WriteDiT(_folder["dit"]);
        byte[] Pixels(string name, params string[] more)
        {
            TinyRun.Done([.. Command("dit", name), "--sampler", "ddpm", "--guidance", "4", "--steps", "2", .. more]);
            return DistilledSet.Load(_folder[name]).Pixels.ToArray();
        }
        var all = Pixels("all");
        Assert.Equal(all, Pixels("beyond", "--guided-channels", "8"));
        Assert.NotEqual(all, Pixels("three", "--guided-channels", "3"));
    }

    [Fact]
    public void Distill_OfficialDiTThatIsTruncated_IsRefusedByItsName()
    {
        TinyDiffusers.WriteOfficialDiT(_folder["dit.safetensors"], _folder["model"]);
        File.WriteAllBytes(_folder["dit.safetensors"], File.ReadAllBytes(_folder["dit.safetensors"])[..^7]);
        var shell = Shell.Run([.. Command("dit.safetensors", "set"), "--vae", Path.Combine(_folder["model"], "vae"), "--steps", "2"]);
        Assert.Equal(3, shell.Code);
        Assert.Contains("dit.safetensors", shell.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["set"]));
    }

    [Fact]
    public void Distill_WeightsInSeveralFiles_GivesTheImagesOfTheWholeOnes()
    {
        TinyDiffusers.WriteStableDiffusion(_folder["sd"]);
        var whole = DistilledSet.Load(Distill("sd", "whole"));
        TinyDiffusers.Shard(Path.Combine(_folder["sd"], "unet"), "diffusion_pytorch_model.safetensors");
        Assert.Equal(whole.Pixels.ToArray(), DistilledSet.Load(Distill("sd", "sharded")).Pixels.ToArray());
    }

    [Fact]
    public void Distill_OfficialDiTWithItsVae_FinishesTheSet()
    {
        TinyDiffusers.WriteOfficialDiT(_folder["dit.safetensors"], _folder["model"]);
        TinyRun.Done([.. Command("dit.safetensors", "set"), "--vae", Path.Combine(_folder["model"], "vae"), "--steps", "2"]);
        RequireSet(_folder["set"]);
        var shell = Shell.Run([.. Command("dit.safetensors", "other"), "--steps", "2"]);
        Assert.Equal(2, shell.Code);
        Assert.Contains("--vae FOLDER", shell.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Distill_ByTheMethodAndTheRecipe_DifferAsTheyShould()
    {
        TinyDiffusers.WriteStableDiffusion(_folder["sd"]);
        TinyRun.Done([.. Command("sd", "d4m"), "--preset", "d4m", "--steps", "4"]);
        var set = DistilledSet.Load(_folder["d4m"]);
        Assert.Equal("d4m", set.Provenance.Method);
        Assert.All(set.Images, i => Assert.Equal(1, i.Weight));
    }

    [Theory]
    [InlineData("--start-snr and --strength", "--start-snr", "1", "--strength", "0.5")]
    [InlineData("start timestep 5000", "--start-timestep", "5000")]
    [InlineData("--strength 0", "--strength", "0")]
    [InlineData("default, d4m, ddoq-ldm, ddoq-dit", "--preset", "d5m")]
    public void Distill_StartThatMakesNoSense_IsRefusedByName(string expected, params string[] options)
    {
        TinyDiffusers.WriteStableDiffusion(_folder["sd"]);
        var shell = Shell.Run([.. Command("sd", "set"), .. options]);
        Assert.Equal(2, shell.Code);
        Assert.Contains(expected, shell.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["set"]));
    }

    [Theory]
    [InlineData("unet/config.json", "\"act_fn\": \"silu\"", "\"act_fn\": \"mish\"", "act_fn")]
    [InlineData("unet/config.json", "\"center_input_sample\": false", "\"center_input_sample\": true", "center_input_sample")]
    [InlineData("vae/config.json", "\"latent_channels\": 4", "\"latent_channels\": 8", "expected [16, 16, 1, 1], found [8, 8, 1, 1]")]
    [InlineData("scheduler/scheduler_config.json", "\"scaled_linear\"", "\"sigmoid\"", "sigmoid")]
    [InlineData("model_index.json", "StableDiffusionPipeline", "FluxPipeline", "FluxPipeline")]
    [InlineData("text_encoder/config.json", "quick_gelu", "gelu", "hidden_act")]
    [InlineData("unet/config.json", "\"norm_num_groups\": 8", "\"norm_num_groups\": 5", "block_out_channels = 16 must be a multiple of norm_num_groups = 5")]
    [InlineData("vae/config.json", "\"norm_num_groups\": 8", "\"norm_num_groups\": 0", "norm_num_groups must be at least 1")]
    [InlineData("unet/config.json", "\"attention_head_dim\": 2", "\"attention_head_dim\": 3", "attention_head_dim = 3")]
    [InlineData("text_encoder/config.json", "\"num_attention_heads\": 4", "\"num_attention_heads\": 5", "hidden_size = 24 must be a multiple of num_attention_heads = 5")]
    public void Distill_UnsupportedSetting_IsRefusedByName(string file, string from, string to, string named)
    {
        TinyDiffusers.WriteStableDiffusion(_folder["sd"]);
        var path = Path.Combine(_folder["sd"], file);
        var text = File.ReadAllText(path);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(from, to, StringComparison.Ordinal));
        var shell = Shell.Run(Command("sd", "set"));
        Assert.Equal(3, shell.Code);
        Assert.Contains(named, shell.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unet/diffusion_pytorch_model.safetensors")]
    [InlineData("vae/diffusion_pytorch_model.safetensors")]
    [InlineData("tokenizer/vocab.json")]
    [InlineData("scheduler/scheduler_config.json")]
    public void Distill_TruncatedFile_IsRefusedByItsName(string file)
    {
        TinyDiffusers.WriteStableDiffusion(_folder["sd"]);
        var path = Path.Combine(_folder["sd"], file);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^7]);
        var shell = Shell.Run(Command("sd", "set"));
        Assert.Equal(3, shell.Code);
        Assert.Contains(file, shell.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", shell.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["set"]));
    }

    [Fact]
    public void Distill_ExistingOutput_IsRefusedAndLeftAlone()
    {
        TinyDiffusers.WriteDiT(_folder["dit"]);
        Directory.CreateDirectory(_folder["set"]);
        File.WriteAllText(Path.Combine(_folder["set"], "mine.txt"), "mine");
        var shell = Shell.Run(Command("dit", "set"));
        Assert.Equal(2, shell.Code);
        Assert.Contains("--force", shell.Error, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(_folder["set"], "mine.txt")));
    }

    private string Distill(string prior, string set)
    {
        TinyRun.Done([.. Command(prior, set), "--steps", "3"]);
        return _folder[set];
    }

    private string[] Command(string prior, string set) =>
        ["distill", run.Data, "--ipc", "3", "--prior", _folder[prior], "--teacher", run["teacher"], "--views", "2", "--out", _folder[set]];

    private static void RequireSet(string path)
    {
        var set = DistilledSet.Load(path);
        Assert.Equal(6, set.Count);
        Assert.Equal(TinyImages.Shape, set.Shape);
        Assert.True(TinyRun.Done("verify", path).GetProperty("ok").GetBoolean());
    }
}

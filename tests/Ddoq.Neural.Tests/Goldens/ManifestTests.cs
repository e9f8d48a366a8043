using System.Text.Json;
using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Networks.Classifiers;
using Ddoq.Neural.Networks.Clip;
using Ddoq.Neural.Networks.StableDiffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>Networks that allocate nothing change the default device of the process, so nothing runs beside them.</summary>
[CollectionDefinition(nameof(OnMeta), DisableParallelization = true)]
public sealed class OnMeta;

/// <summary>The official full-size files, key by key and shape by shape, without their weights.</summary>
[Collection(nameof(OnMeta))]
[Trait("golden", "manifests")]
public sealed class ManifestTests
{
    private static readonly Dictionary<string, Func<nn.Module>> Networks = new()
    {
        ["sd15_vae"] = () => new AutoencoderKL(OfficialShapes.Autoencoder),
        ["sd15_unet"] = () => new UNet(OfficialShapes.UNet),
        ["sd15_text_encoder"] = () => new ClipText(OfficialShapes.ClipText),
        ["dit_xl_2_256"] = () => new DiT(OfficialShapes.DiT),
        ["torchvision_resnet18"] = () => Classifiers.Create("resnet18", 1000),
        ["torchvision_resnet50"] = () => Classifiers.Create("resnet50", 1000),
        ["torchvision_resnet101"] = () => Classifiers.Create("resnet101", 1000),
        ["torchvision_mobilenet_v2"] = () => Classifiers.Create("mobilenet_v2", 1000),
        ["torchvision_efficientnet_b0"] = () => Classifiers.Create("efficientnet_b0", 1000),
        ["torchvision_swin_t"] = () => Classifiers.Create("swin_t", 1000),
    };

    private static readonly Dictionary<string, KeyMap> Maps = new()
    {
        ["sd15_vae"] = AutoencoderKeys.Diffusers,
        ["sd15_unet"] = KeyMap.Identity,
        ["sd15_text_encoder"] = ClipText.Keys,
        ["dit_xl_2_256"] = KeyMap.Identity,
        ["dit_xl_2_256_diffusers"] = DiTKeys.Diffusers,
        ["torchvision_resnet18"] = Classifiers.Keys("resnet18"),
        ["torchvision_resnet50"] = Classifiers.Keys("resnet50"),
        ["torchvision_resnet101"] = Classifiers.Keys("resnet101"),
        ["torchvision_mobilenet_v2"] = Classifiers.Keys("mobilenet_v2"),
        ["torchvision_efficientnet_b0"] = Classifiers.Keys("efficientnet_b0"),
        ["torchvision_swin_t"] = Classifiers.Keys("swin_t"),
    };

    public static TheoryData<string> Names
    {
        get
        {
            string[] found = [.. Golden.Names("manifests").Where(Maps.ContainsKey)];
            return [.. found.Length > 0 ? found : [""]];
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Match_OfficialFile_AcceptsEveryKeySet(string name)
    {
        var json = GoldenTensors.Json("manifests", $"{name}.json");
        var expected = Shapes(name);
        Assert.NotEmpty(Weights.Match(name, Keys(json.GetProperty("keys")), expected, Maps[name]));
        var keys = Keys(json.GetProperty("keys")).Where(k => !k.Name.EndsWith(".num_batches_tracked", StringComparison.Ordinal));
        Assert.NotEmpty(Weights.Match(name, keys, expected, Maps[name])); // older files of torchvision lack the counters
        if (!json.TryGetProperty("alternative_key_sets", out var others)) return;
        foreach (var other in others.EnumerateObject()) Assert.NotEmpty(Weights.Match(other.Name, Keys(other.Value), expected, Maps[name]));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Match_DamagedFile_ListsWhatIsMissingUnexpectedAndWronglyShaped(string name)
    {
        var keys = Keys(GoldenTensors.Json("manifests", $"{name}.json").GetProperty("keys")).ToList();
        var (missing, wrong) = (keys.First(k => k.Name.EndsWith("weight", StringComparison.Ordinal)), keys[^1]);
        keys.Remove(missing);
        keys[^1] = (wrong.Name, [.. wrong.Shape, 7]);
        keys.Add(("nobody.knows.this", [3, 5]));
        var message = Assert.Throws<BadInputException>(() => Weights.Match(name, keys, Shapes(name), Maps[name])).Message;
        Assert.Contains("missing ", message, StringComparison.Ordinal);
        Assert.Contains("unexpected nobody.knows.this [3, 5]", message, StringComparison.Ordinal);
        Assert.Contains($"{wrong.Name}: expected [{string.Join(", ", wrong.Shape)}], found [{string.Join(", ", wrong.Shape)}, 7]", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Match_SingleFileCheckpoint_FillsAllThreeNetworks()
    {
        var whole = Single("sd15_unet").Concat(Single("sd15_vae")).Concat(Keys(GoldenTensors.Json("manifests", "sd15_text_encoder.json").GetProperty("keys")).Select(k => ($"cond_stage_model.transformer.{k.Name}", k.Shape))).ToArray();
        Assert.NotEmpty(Weights.Match("single", whole, Shapes("sd15_unet"), UNetKeys.SingleFile(2)));
        Assert.NotEmpty(Weights.Match("single", whole, Shapes("sd15_vae"), AutoencoderKeys.SingleFile(4)));
        Assert.NotEmpty(Weights.Match("single", whole, Shapes("sd15_text_encoder"), ClipText.SingleFileKeys));
    }

    [Theory]
    [InlineData("sd15_vae", true)]
    [InlineData("sd15_vae", false)]
    [InlineData("sd15_unet", true)]
    [InlineData("sd15_unet", false)]
    public void Match_SingleFileNames_TakesEachEntryFromItsOwn(string name, bool prefixed)
    {
        var json = GoldenTensors.Json("manifests", $"{name}_single_file.json");
        var prefix = json.GetProperty("prefix").GetString()!;
        var keys = Single(name).Select(k => (prefixed ? k.Item1 : k.Item1[prefix.Length..], k.Item2)).ToArray();
        var sources = Weights.Match(name, keys, Shapes(name), name == "sd15_vae" ? AutoencoderKeys.SingleFile(4) : UNetKeys.SingleFile(2));
        var official = json.GetProperty("diffusers_key_to_ldm_key").EnumerateObject().ToDictionary(p => p.Name, p => $"{(prefixed ? prefix : "")}{p.Value.GetString()}");
        Assert.Equal(official.Count, sources.Count);
        foreach (var (ours, theirs) in official) Assert.Equal([theirs], sources[ours]);
    }

    // The names of one part of the checkpoint, and the shapes of the diffusers file; attention of the autoencoder is 1x1 convolutions there.
    private static IEnumerable<(string, IReadOnlyList<long>)> Single(string name)
    {
        var json = GoldenTensors.Json("manifests", $"{name}_single_file.json");
        var (prefix, names) = (json.GetProperty("prefix").GetString(), json.GetProperty("diffusers_key_to_ldm_key"));
        var shapes = Keys(GoldenTensors.Json("manifests", $"{name}.json").GetProperty("keys")).ToDictionary(k => k.Name, k => k.Shape);
        foreach (var pair in names.EnumerateObject())
        {
            var (target, shape) = (pair.Value.GetString()!, shapes[pair.Name]);
            yield return ($"{prefix}{target}", target.Contains("attn_1", StringComparison.Ordinal) && shape.Count == 2 ? [.. shape, 1, 1] : shape);
        }
    }

    private static IEnumerable<(string Name, IReadOnlyList<long> Shape)> Keys(JsonElement keys) =>
        keys.EnumerateObject().Select(k => (k.Name, (IReadOnlyList<long>)[.. k.Value.GetProperty("shape").EnumerateArray().Select(v => v.GetInt64())]));

    private static (string, IReadOnlyList<long>)[] Shapes(string name)
    {
        using var scope = NewDisposeScope();
        set_default_device(META);
        try
        {
            return [.. Networks[name.Replace("_diffusers", "", StringComparison.Ordinal)]().state_dict().Select(s => (s.Key, (IReadOnlyList<long>)s.Value.shape))];
        }
        finally
        {
            set_default_device(CPU);
        }
    }
}

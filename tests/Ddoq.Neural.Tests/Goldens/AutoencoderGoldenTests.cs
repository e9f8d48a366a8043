using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks.StableDiffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>Our autoencoder against diffusers: posterior, samples, decoder, activations, and the same weights under three sets of names.</summary>
[Trait("golden", "vae")]
public sealed class AutoencoderGoldenTests
{
    public static TheoryData<string> Cases => GoldenNetwork.Cases("vae");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Encode_EveryCase_GivesThePosteriorAndItsActivations(string name)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var golden = new GoldenTensors("vae", $"{name}_io.safetensors");
        var (golds, network) = Load(name);
        var x = golden["x"];
        LeakCheck.Call(() => network.Moments(x));
        var taps = new Taps(network, golden.Tapped);
        golds.Require(golden, "moments", network.Moments(x));
        var (mean, logVariance) = network.Encode(x);
        var deviation = (0.5 * logVariance).exp();
        var sampled = mean + deviation * golden["eps"];
        golds.Require(golden, "mean", mean);
        golds.Require(golden, "logvar", logVariance);
        golds.Require(golden, "std", deviation);
        golds.Require(golden, "sampled", sampled);
        golds.Require(golden, "latents_scaled", network.Shape.LatentScale * sampled);
        golds.Require(golden, "kl", 0.5 * (mean.square() + logVariance.exp() - 1 - logVariance).sum([1, 2, 3]));
        var tapped = golden.Tapped.Where(t => t.StartsWith("encoder", StringComparison.Ordinal) || t.StartsWith("quant", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(tapped);
        foreach (var tap in tapped) golds.Require(golden, $"tap.{tap}", taps[tap]);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Decode_EveryCase_GivesTheImageAndItsActivations(string name)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var golden = new GoldenTensors("vae", $"{name}_io.safetensors");
        var (golds, network) = Load(name);
        var z = golden["latent_scaled_in"] / network.Shape.LatentScale;
        LeakCheck.Call(() => network.Decode(z));
        var taps = new Taps(network, golden.Tapped);
        golds.Require(golden, "decoded", network.Decode(z));
        var tapped = golden.Tapped.Where(t => t.StartsWith("decoder", StringComparison.Ordinal) || t.StartsWith("post", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(tapped);
        foreach (var tap in tapped) golds.Require(golden, $"tap.{tap}", taps[tap]);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Read_OtherNames_GivesTheSameWeights(string name)
    {
        using var scope = NewDisposeScope();
        var (_, network) = Load(name);
        var stages = network.Shape.Widths.Count;
        (string File, KeyMap Map)[] twins = [($"{name}_deprecated_keys", AutoencoderKeys.Diffusers), ($"{name}_ldm_keys", AutoencoderKeys.SingleFile(stages))];
        var stored = twins.Where(t => Golden.Names("vae", "*.safetensors").Contains(t.File)).ToArray();
        Assert.SkipWhen(stored.Length == 0, $"the golden data have the weights of '{name}' under no other names");
        foreach (var (file, map) in stored)
        {
            var other = new AutoencoderKL(network.Shape);
            Weights.Read(Golden.File("vae", $"{file}.safetensors"), other, map);
            var state = other.state_dict();
            foreach (var (key, value) in network.state_dict()) Agreement.RequireSameBits(state[key], value, key);
        }
    }

    private static (GoldenNetwork, AutoencoderKL) Load(string name)
    {
        var golds = new GoldenNetwork("vae", name);
        var network = new AutoencoderKL(AutoencoderKLShape.Of(golds.Config()));
        golds.Fill(network, AutoencoderKeys.Diffusers);
        return (golds, network);
    }
}

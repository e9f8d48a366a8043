using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks.StableDiffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>Our denoiser of Stable Diffusion against diffusers: outputs, activations, gradients, and the same weights under single-file names.</summary>
[Trait("golden", "unet")]
public sealed class UNetGoldenTests
{
    public static TheoryData<string> Cases => GoldenNetwork.Cases("unet");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_EveryCase_GivesTheOutputAndEveryActivation(string name)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var golden = new GoldenTensors("unet", $"{name}_io.safetensors");
        var (golds, network) = Load(name);
        var tapped = golden.Tapped;
        Assert.NotEmpty(tapped);
        var taps = new Taps(network, tapped);
        golds.Require(golden, "out", network.call(golden["sample"], golden["timestep"], golden["encoder_hidden_states"]));
        foreach (var tap in tapped) golds.Require(golden, $"tap.{tap}", taps[tap]);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_OneTimestepForAll_GivesTheOutput(string name)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var golden = new GoldenTensors("unet", $"{name}_io.safetensors");
        var (golds, network) = Load(name);
        var (x, context) = (golden["sample"], golden["encoder_hidden_states"]);
        foreach (var t in new long[] { 0, 500 })
        {
            var time = tensor(new[] { t });
            golds.Require(golden, $"out_t{t}", LeakCheck.Call(() => network.call(x, time, context)));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Backward_EveryCase_GivesTheGradients(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenTensors("unet", $"{name}_io.safetensors");
        var (_, network) = Load(name);
        var x = golden["sample"].requires_grad_(true);
        network.call(x, golden["timestep"], golden["encoder_hidden_states"]).square().mean().backward();
        var gradients = network.named_parameters().ToDictionary(p => $"grad.{p.name}", p => p.parameter.grad);
        gradients["grad.sample"] = x.grad;
        string[] stored = [.. golden.Names.Where(n => n.StartsWith("grad.", StringComparison.Ordinal))];
        Assert.NotEmpty(stored);
        foreach (var key in stored) GoldenTolerance.RequireGradient(gradients[key]!, golden[key], key);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Read_SingleFileNames_GivesTheSameWeights(string name)
    {
        using var scope = NewDisposeScope();
        var (_, network) = Load(name);
        var file = Golden.File("unet", $"{name}_ldm_keys.safetensors");
        var other = new UNet(network.Shape);
        Weights.Read(file, other, UNetKeys.SingleFile(network.Shape.Layers));
        var state = other.state_dict();
        foreach (var (key, value) in network.state_dict()) Agreement.RequireSameBits(state[key], value, key);
    }

    private static (GoldenNetwork, UNet) Load(string name)
    {
        var golds = new GoldenNetwork("unet", name);
        var network = new UNet(UNetShape.Of(golds.Config()));
        golds.Fill(network);
        return (golds, network);
    }
}

using Ddoq.Neural.Networks;
using Ddoq.Neural.Networks.Clip;
using Ddoq.Neural.Networks.StableDiffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>The official full-size architectures, weights by rule. Up to 4 GB each, so one after another and beside nothing.</summary>
[Collection(nameof(OnMeta))]
[Trait("golden", "fullsize")]
public sealed class FullSizeGoldenTests
{
    [Fact]
    public void Autoencoder_StableDiffusion_GivesMomentsAndImage()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var golden = new GoldenTensors("fullsize", "sd15_vae_io.safetensors");
        var golds = new GoldenNetwork("fullsize", "sd15_vae");
        var network = new AutoencoderKL(OfficialShapes.Autoencoder);
        golds.FillByRule(network);
        golds.Require(golden, "moments", network.Moments(golden["x"]));
        golds.Require(golden, "decoded", network.Decode(golden["latent"]));
    }

    [Fact]
    public void UNet_StableDiffusion_GivesOutputAndActivations()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var golden = new GoldenTensors("fullsize", "sd15_unet_io.safetensors");
        var golds = new GoldenNetwork("fullsize", "sd15_unet");
        var network = new UNet(OfficialShapes.UNet);
        golds.FillByRule(network);
        string[] tapped = ["down_blocks.0", "mid_block", "up_blocks.1"];
        var taps = new Taps(network, tapped);
        golds.Require(golden, "out", network.call(golden["sample"], golden["timestep"], golden["encoder_hidden_states"]));
        foreach (var tap in tapped) golds.Require(golden, $"tap.{tap}", taps[tap][.., TensorIndex.Slice(step: 8)]); // every 8th channel is stored
    }

    [Fact]
    public void ClipText_VitL14_GivesLastStateAndThePooledOne()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var golden = new GoldenTensors("fullsize", "clip_vit_l_14_text_io.safetensors");
        var golds = new GoldenNetwork("fullsize", "clip_vit_l_14_text");
        var network = new ClipText(OfficialShapes.ClipText);
        golds.FillByRule(network);
        golds.Require(golden, "last_hidden_state", network.call(golden["input_ids"]));
        golds.Require(golden, "pooler_output", network.Pooled(golden["input_ids"]));
    }

    [Fact]
    public void DiT_Xl2_GivesOutputAndActivations()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var golden = new GoldenTensors("fullsize", "dit_xl_2_256_io.safetensors");
        var golds = new GoldenNetwork("fullsize", "dit_xl_2_256");
        var network = new DiT(OfficialShapes.DiT);
        var positions = network.state_dict()["pos_embed"].clone();
        golds.FillByRule(network);
        network.state_dict()["pos_embed"].copy_(positions);
        string[] tapped = ["blocks.0", "blocks.13"];
        var taps = new Taps(network, tapped);
        golds.Require(golden, "out", network.call(golden["x"], golden["t"], golden["y"]));
        foreach (var tap in tapped) golds.Require(golden, $"tap.{tap}", taps[tap][.., TensorIndex.Slice(step: 16)]); // every 16th token is stored
    }
}

/// <summary>Shapes of the published models.</summary>
internal static class OfficialShapes
{
    public static AutoencoderKLShape Autoencoder { get; } = new(3, 4, [128, 256, 512, 512], 2, 32, 0.18215, 512);

    public static UNetShape UNet { get; } = new(4, [new(320, 8, true), new(640, 8, true), new(1280, 8, true), new(1280, 8, false)], 2, 768, 32, false, 64);

    public static ClipTextShape ClipText { get; } = new(49408, 768, 3072, 12, 12, 77, 2);

    public static DiTShape DiT { get; } = new(4, 32, 32, 1000, 2, 1152, 28, 16, LearnSigma: true);
}
